import type { Client } from '@confer/client';
import type { Entry } from '@confer/shared';
import { entryArgument } from '../arguments.ts';
import { withClient } from '../connection.ts';
import type { Context } from '../context.ts';
import { type Failure, notFound } from '../failure.ts';
import { formatOf, printData } from '../output/format.ts';

export interface GetOptions {
  readonly stale?: true;
}

export async function get(context: Context, argument: string, options: GetOptions): Promise<void> {
  const path = entryArgument(argument);
  const print = entryPrinterOf(context);
  const entry = await withClient(context, async (client) => {
    const found = await client.get(path, options);
    if (found === undefined) throw await noEntryAt(client, path, `${context.terminal.command} ls`);
    return found;
  });
  await print(entry);
}

/** Prints an entry in the format that is asked for: for people and `raw`, its value alone. */
export function entryPrinterOf(context: Context): (entry: Entry) => Promise<void> {
  const format = formatOf(context, ['table', 'raw', 'json', 'ndjson', 'yaml']);
  const { stdout } = context.terminal;
  return (entry) => {
    switch (format) {
      case 'table':
        return stdout.write(entry.value.endsWith('\n') ? entry.value : `${entry.value}\n`);
      case 'raw':
        return stdout.write(entry.value);
      default:
        return printData(context, format, entry);
    }
  };
}

/** The failure of a command that asked for an entry; `suggestion` works on what is below it. */
export async function noEntryAt(
  client: Client,
  path: string,
  suggestion: string,
): Promise<Failure> {
  const { entries, folders } = await client.list(path, { depth: 1, values: false });
  const below = entries.length + folders.length > 0;
  const hint = `there are entries below it: ${suggestion} ${path}`;
  return notFound(`${path} holds no value`, below ? hint : undefined);
}
