import type { Contender } from '@confer/client/coordination';
import { openClient, withClient } from '../connection.ts';
import type { Context } from '../context.ts';
import { Interrupted, notFound, usageError } from '../failure.ts';
import { tellOfConnection } from '../follow/connection-notices.ts';
import { refusalOf } from '../follow/refusal.ts';
import { formatOf, printData } from '../output/format.ts';
import { oneLine } from '../output/text.ts';
import { type HoldingOptions, nameAndCommand, runHolding } from './holding.ts';

export interface ElectOptions extends HoldingOptions {
  readonly value?: string;
  readonly show?: true;
  readonly watch?: true;
}

/** Runs a program as long as it leads, or shows who does. */
export async function elect(
  context: Context,
  given: readonly string[],
  options: ElectOptions,
): Promise<void> {
  if (options.show === true) return show(context, nameOf(given));
  if (options.watch === true) return watch(context, nameOf(given));
  const { name, command } = nameAndCommand(context, given, 'elect');
  const { value = context.terminal.user } = options;
  await runHolding(context, command, options, async (client, times) => {
    const leadership = await client.elect(name, { ...times, value });
    return Object.assign(leadership, { release: () => leadership.resign() });
  });
}

function nameOf(given: readonly string[]): string {
  const [name, ...more] = given;
  if (name === undefined || more.length > 0)
    throw usageError('--show and --watch take the name of one election');
  return name;
}

async function show(context: Context, name: string): Promise<void> {
  const print = printerOf(context);
  const leader = await withClient(context, async (client) => {
    const observed = client.observe(name);
    await observed.ready();
    return observed.leader;
  });
  if (leader === undefined) throw notFound(`nobody leads ${name}`);
  await print(leader);
}

/** Until it is interrupted. Where nobody leads, that is said. */
async function watch(context: Context, name: string): Promise<void> {
  const print = printerOf(context);
  const { signal } = context.terminal;
  const client = await openClient(context, { timeouts: { requestMs: Number.POSITIVE_INFINITY } });
  const refusal = refusalOf(context, client);
  tellOfConnection(context, client);
  try {
    const observed = client.observe(name);
    observed.on('change', (leader) => void print(leader));
    await observed.ready({ signal });
    await print(observed.leader);
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
  } catch (error) {
    if (!signal.aborted) throw refusal.current ?? error;
  } finally {
    await client.close();
  }
  throw new Interrupted(signal);
}

function printerOf(context: Context): (leader: Contender | undefined) => Promise<void> {
  const format = formatOf(context, ['table', 'raw', 'json', 'ndjson']);
  const { stdout } = context.terminal;
  return async (leader) => {
    if (format === 'json' || format === 'ndjson') await printData(context, format, leader ?? null);
    else if (format === 'raw') await stdout.write(`${leader?.value ?? ''}\n`);
    else if (leader === undefined) await stdout.write('nobody leads\n');
    else
      await stdout.write(
        `${oneLine(leader.value)}  token ${leader.fencingToken}  ${oneLine(leader.by)}\n`,
      );
  };
}
