import { withClient } from '../connection.ts';
import type { Context } from '../context.ts';
import { formatOf, printData } from '../output/format.ts';
import { span, table } from '../output/text.ts';

/** A figure that the server does not tell everybody. */
const HIDDEN = '- (needs the right to operate)';

export async function status(context: Context): Promise<void> {
  const format = formatOf(context, ['table', 'json', 'ndjson', 'yaml']);
  const { url, chosen } = context.settings;
  const from = chosen === undefined ? {} : { context: chosen.name };
  const state = await withClient(context, (client) => client.serverStatus());
  if (format !== 'table') return printData(context, format, { url, ...from, ...state });
  const { uptimeMs, ...rest } = state;
  const { entries = HIDDEN, connections = HIDDEN, watches = HIDDEN } = rest;
  const figures = { entries, connections, watches };
  const rows = Object.entries({ url, ...from, ...rest, ...figures, uptime: span(uptimeMs) });
  await context.terminal.stdout.write(table(rows.map(([name, value]) => [name, String(value)])));
}
