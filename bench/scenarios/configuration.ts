import { connect, type NodeClient } from '@confer/client';
import type { StandardSchema } from '@confer/client/config';
import { keyOf } from '../load/driver.ts';
import { signal } from '../load/signal.ts';
import { fill as fillSlots, PLACEHOLDER, slotsIn, valueText } from '../load/value.ts';
import { frameOf } from '../load/websocket.ts';
import { Meter } from '../measure/meter.ts';
import type { Case, Outcome, Profile, Scenario, Target } from './scenario.ts';
import { fill, VALUE_BYTES } from './store.ts';
import { welcomedWire } from './welcomed-wire.ts';

const SUBTREE = 'configuration';
const COMMITS = { quick: 300, full: 2_000 } as const;

/** Takes whatever it is given: what a schema does is its own cost. */
const anything: StandardSchema<unknown, unknown> = {
  '~standard': { version: 1, vendor: 'bench', validate: (value) => ({ value }) },
};

/** Calls back after each commit. */
type Open = (client: NodeClient, changed: () => void) => Promise<() => void>;

const opens: Readonly<Record<string, Open>> = {
  async mirror(client, changed) {
    const mirror = client.mirror(`/${SUBTREE}`);
    await mirror.ready();
    mirror.on('change', changed);
    return () => mirror.close();
  },
  async configuration(client, changed) {
    const config = client.config(`/${SUBTREE}`, anything);
    await config.ready();
    config.onChange(changed);
    return () => config.close();
  },
};

/** What it costs a program to have its configuration as one object, beside a mirror of the same. */
export const configuration: Scenario = {
  name: 'configuration',
  title: 'Configuration as one object, one change a commit',
  does: 'nothing',
  isOursWhenQuick: true,
  cases: (profile) =>
    [200, 10_000].flatMap((keys) =>
      Object.entries(opens).map(([name, open]) => caseOf(keys, name, open, profile)),
    ),
};

function caseOf(keys: number, name: string, open: Open, profile: Profile): Case {
  return {
    label: `${keys.toLocaleString('en')} keys, as a ${name}`,
    systems: ['confer'],
    // All cases write to one server, where no request id may be used twice.
    run: (target) => run(target, keys, open, COMMITS[profile], `${keys}-${name}`),
  };
}

async function run(
  target: Target,
  keys: number,
  open: Open,
  commits: number,
  prefix: string,
): Promise<Outcome> {
  await fill(target, SUBTREE, keys);
  const client = connect(`http://127.0.0.1:${target.port}`);
  let applied = signal();
  const close = await open(client, () => applied.come());
  const writer = await welcomedWire(target.port);
  const request = slotsIn(commitFrame(prefix));
  const change = async (sequence: number) => {
    applied = signal();
    // One more: a value that is there already is no change of a configuration.
    writer.send(fillSlots(request, sequence + 1));
    await applied.came;
  };
  for (let i = 1; i <= commits / 2; i++) await change(i);
  const before = process.cpuUsage();
  const meter = new Meter(target.pid);
  for (let i = 1; i <= commits; i++) await change(commits + i);
  const busy = meter.stop();
  const { user, system } = process.cpuUsage(before);
  close();
  writer.close();
  await client.close();
  return { busy, figures: { applyUs: (user + system) / commits } };
}

function commitFrame(prefix: string): Buffer {
  const value = valueText(Number(PLACEHOLDER), VALUE_BYTES);
  const operations = [{ type: 'put', path: `/${SUBTREE}/${keyOf(1)}`, value }];
  const requestId = `${prefix}-${PLACEHOLDER}`;
  return frameOf(JSON.stringify({ type: 'commit', id: 1, requestId, operations }));
}
