import type { Client } from '@confer/client';
import type { Entry } from '@confer/shared';
import { entryArgument } from '../arguments.ts';
import { withClient } from '../connection.ts';
import type { Context } from '../context.ts';
import { type Failure, notFound } from '../failure.ts';
import { formatOf, printData } from '../output/format.ts';
import { momentArgument, revisionIn } from '../past/moment.ts';
import { withHistory } from '../past/with-history.ts';

export interface GetOptions {
  readonly at?: string;
  readonly stale?: true;
}

export async function get(context: Context, argument: string, options: GetOptions): Promise<void> {
  const path = entryArgument(argument);
  const print = entryPrinterOf(context);
  if (options.at !== undefined) return print(await entryThen(context, path, options.at));
  const entry = await withClient(context, async (client) => {
    const stale = options.stale === true ? { stale: true } : {};
    const found = await client.get(path, stale);
    if (found === undefined) throw await noEntryAt(client, path, `${context.terminal.command} ls`);
    return found;
  });
  await print(entry);
}

async function entryThen(context: Context, path: string, text: string): Promise<Entry> {
  const moment = momentArgument(context, text, '--at');
  return withHistory(context, async (history, client) => {
    const at = await revisionIn(context, history.versions(path), moment);
    const found = await client.get(path, { at });
    if (found !== undefined) return found;
    const hint = `what it was, and when: ${context.terminal.command} history ${path}`;
    throw notFound(`${path} held no value at revision ${at}`, hint);
  });
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
