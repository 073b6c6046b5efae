import { PROTOCOL_VERSION } from '@confer/shared';
import type { Context } from '../context.ts';
import { formatOf, printData } from '../output/format.ts';
import { VERSION } from '../version.ts';

export async function version(context: Context): Promise<void> {
  const format = formatOf(context, ['table', 'json', 'ndjson', 'yaml']);
  if (format === 'table')
    return context.terminal.stdout.write(`confer ${VERSION} (protocol ${PROTOCOL_VERSION})\n`);
  await printData(context, format, { version: VERSION, protocol: PROTOCOL_VERSION });
}
