import { countArgument } from '../arguments.ts';
import { withClient } from '../connection.ts';
import type { Context } from '../context.ts';
import { formatOf, printResult } from '../output/format.ts';

export async function compact(context: Context, argument: string | undefined): Promise<void> {
  const revision = argument === undefined ? undefined : countArgument(argument, 'REVISION');
  const format = formatOf(context, ['table', 'raw', 'json', 'ndjson', 'yaml']);
  const data = await withClient(context, (client) => client.compact(revision));
  const { compactedRevision } = data;
  const text = `history begins after revision ${compactedRevision}`;
  await printResult(context, format, { text, raw: compactedRevision, data });
}
