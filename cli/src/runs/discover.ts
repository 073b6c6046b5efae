import type { Discovery, Instance } from '@confer/client/coordination';
import { runCommand } from '../child/command.ts';
import { inheritedBy } from '../child/held-program.ts';
import { openClient, withClient } from '../connection.ts';
import { type Context, notice } from '../context.ts';
import { Interrupted, notFound } from '../failure.ts';
import { tellOfConnection } from '../follow/connection-notices.ts';
import { refusalOf } from '../follow/refusal.ts';
import { formatOf, printData } from '../output/format.ts';
import { oneLine, table } from '../output/text.ts';

export interface DiscoverRunOptions {
  readonly all?: true;
  readonly watch?: true;
  readonly exec?: string;
}

/** Prints the instances of a service, once or for as long as it takes. */
export async function discover(
  context: Context,
  service: string,
  options: DiscoverRunOptions,
): Promise<void> {
  if (options.watch === true || options.exec !== undefined)
    return follow(context, service, options);
  const format = formatOf(context, ['table', 'raw', 'json', 'ndjson', 'yaml']);
  const instances = await withClient(context, async (client) => {
    const discovery = client.discover(service);
    await discovery.ready();
    return shown(discovery, options);
  });
  if (format === 'ndjson')
    for (const instance of instances) await printData(context, format, instance);
  else if (format === 'json' || format === 'yaml') await printData(context, format, instances);
  else await context.terminal.stdout.write(textOf(format, instances));
  if (instances.length === 0) throw notFound(`no instance of ${service} is there`);
}

function shown(discovery: Discovery, { all }: DiscoverRunOptions): readonly Instance[] {
  return all === true ? discovery.registered : discovery.instances;
}

function textOf(format: 'table' | 'raw', instances: readonly Instance[]): string {
  if (format === 'raw') return instances.map(({ address }) => `${address}\n`).join('');
  return instances.length === 0
    ? ''
    : table([['ID', 'ADDRESS', 'WEIGHT', 'STATE', 'LABELS'], ...instances.map(rowOf)]);
}

function rowOf({ id, address, weight, state, labels, reason }: Instance): string[] {
  const named = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  const why = reason === undefined ? '' : ` (${reason})`;
  return [id, address, String(weight), state + why, named.join(' ')].map((cell) => oneLine(cell));
}

async function follow(
  context: Context,
  service: string,
  options: DiscoverRunOptions,
): Promise<void> {
  const { signal } = context.terminal;
  const tell = options.exec === undefined ? printerOf(context) : commandOf(context, options.exec);
  const client = await openClient(context, { timeouts: { requestMs: Number.POSITIVE_INFINITY } });
  const refusal = refusalOf(context, client);
  tellOfConnection(context, client);
  try {
    const discovery = client.discover(service, { signal });
    await discovery.ready({ signal });
    const changes = discovery.changes({ signal });
    await tell(shown(discovery, options));
    for await (const _ of changes) await tell(shown(discovery, options));
  } catch (error) {
    if (!signal.aborted) throw refusal.current ?? error;
  } finally {
    await client.close();
  }
  throw new Interrupted(signal);
}

/** Of each list: as a whole for programs, what is different for people. */
function printerOf(context: Context): (instances: readonly Instance[]) => Promise<void> {
  const format = formatOf(context, ['table', 'raw', 'ndjson']);
  const { stdout } = context.terminal;
  let before: readonly Instance[] = [];
  return async (instances) => {
    if (format === 'ndjson') await printData(context, format, instances);
    else if (format === 'raw')
      await stdout.write(`${instances.map(({ address }) => address).join(' ')}\n`);
    else await stdout.write(differenceText(before, instances));
    before = instances;
  };
}

function differenceText(before: readonly Instance[], now: readonly Instance[]): string {
  const lines = (sign: string, of: readonly Instance[]) =>
    of.map((instance) => `${sign} ${rowOf(instance).join('  ').trimEnd()}\n`);
  const old = new Map(before.map((instance) => [instance.id, instance]));
  const ids = new Set(now.map(({ id }) => id));
  return [
    ...lines(
      '-',
      before.filter(({ id }) => !ids.has(id)),
    ),
    ...lines(
      '+',
      now.filter(({ id }) => !old.has(id)),
    ),
    ...lines(
      '~',
      now.filter((one) => old.has(one.id) && old.get(one.id) !== one),
    ),
  ].join('');
}

/** One at a time; what comes meanwhile is merged into the newest list. */
function commandOf(
  context: Context,
  line: string,
): (instances: readonly Instance[]) => Promise<void> {
  const { signal, clock } = context.terminal;
  return async (instances) => {
    const environment = {
      ...inheritedBy(context),
      CONFER_ADDRESSES: instances.map(({ address }) => address).join('\n'),
      CONFER_INSTANCES: JSON.stringify(instances),
    };
    const { exitCode } = await runCommand(line, { environment, clock, signal, isKept: false });
    if (exitCode !== 0 && !signal.aborted)
      context.terminal.stderr.write(`warning: the command of --exec exits with ${exitCode}\n`);
    else notice(context, `told of ${instances.length} instances`);
  };
}
