import { withClient } from '../connection.ts';
import type { Context } from '../context.ts';
import { formatOf, printData } from '../output/format.ts';
import { span, table } from '../output/text.ts';

export async function status(context: Context): Promise<void> {
  const format = formatOf(context, ['table', 'json', 'ndjson', 'yaml']);
  const { url } = context.settings;
  const state = await withClient(context, (client) => client.serverStatus());
  if (format !== 'table') return printData(context, format, { url, ...state });
  const { uptimeMs, ...rest } = state;
  const rows = Object.entries({ url, ...rest, uptime: span(uptimeMs) });
  await context.terminal.stdout.write(table(rows.map(([name, value]) => [name, String(value)])));
}
