import { connect } from '@confer/client';
import { keyOf } from '../load/driver.ts';
import { signal } from '../load/signal.ts';
import { fill as fillSlots, PLACEHOLDER, slotsIn, valueText } from '../load/value.ts';
import { frameOf, WebSocketWire } from '../load/websocket.ts';
import { Meter } from '../measure/meter.ts';
import type { Outcome, Profile, Scenario, Target } from './scenario.ts';
import { fill, VALUE_BYTES } from './store.ts';
import { welcomedWire } from './welcomed-wire.ts';

const ENTRIES = 10_000;
const SUBTREE = 'mirror';
/** Changes of one commit, so that to write them costs next to nothing beside applying them. */
const BURST = 100;
const GETS = 2_000_000;
/** Has no divisor in common with the number of entries: it visits all of them. */
const STEP = 7_919;

/** What the library costs the process that uses it; the baseline is a Map that JSON is put into. */
export const mirror: Scenario = {
  name: 'mirror',
  title: 'A mirror of 10,000 entries, in the process that reads it',
  does: 'nothing',
  isOursWhenQuick: true,
  cases: (profile) => [
    {
      label: `reads, and changes ${BURST} at a time`,
      systems: ['confer', 'baseline'],
      run: (target) => run(target, profile),
    },
  ],
};

interface Copy {
  get(path: string): unknown;
  /** Has a hundred changes made; resolves when they have been applied. */
  change(sequence: number): Promise<void>;
  close(): void;
}

async function run(target: Target, profile: Profile): Promise<Outcome> {
  const copy = target.system === 'confer' ? await mirrorOf(target) : await mapOf(target);
  const rounds = profile === 'quick' ? 200 : 1_000;
  for (let round = 1; round <= rounds / 2; round++) await copy.change(round);
  const before = process.cpuUsage();
  const meter = new Meter(target.pid);
  for (let round = 1; round <= rounds; round++) await copy.change(rounds + round);
  const busy = meter.stop();
  const { user, system } = process.cpuUsage(before);
  const getNs = readAll(copy);
  copy.close();
  return { busy, figures: { applyUs: (user + system) / (rounds * BURST), getNs } };
}

/** Nanoseconds for each of many reads, all over the tree. */
function readAll(copy: Copy): number {
  const paths = Array.from({ length: ENTRIES }, (_, i) => `/${SUBTREE}/${keyOf(i + 1)}`);
  let found = 0;
  const startedAt = performance.now();
  for (let i = 0; i < GETS; i++)
    if (copy.get(paths[(i * STEP) % ENTRIES] ?? '') !== undefined) found += 1;
  const ns = ((performance.now() - startedAt) * 1_000_000) / GETS;
  if (found !== GETS) throw new Error(`${GETS - found} of ${GETS} reads found nothing`);
  return ns;
}

async function mirrorOf(target: Target): Promise<Copy> {
  await fill(target, SUBTREE, ENTRIES);
  const client = connect(`http://127.0.0.1:${target.port}`);
  const mirror = client.mirror(`/${SUBTREE}`);
  await mirror.ready();
  let applied = signal();
  mirror.on('change', ({ changes }) => {
    if (changes.length === BURST) applied.come();
  });
  const writer = await welcomedWire(target.port);
  const request = slotsIn(commitFrame());
  return {
    get: (path) => mirror.get(path),
    async change(sequence) {
      applied = signal();
      writer.send(fillSlots(request, sequence));
      await applied.came;
      if (mirror.value(`/${SUBTREE}/${keyOf(BURST)}`) !== valueText(sequence, VALUE_BYTES))
        throw new Error('the mirror shows something else than what was written');
    },
    close() {
      writer.close();
      void client.close();
    },
  };
}

function commitFrame(): Buffer {
  const value = valueText(Number(PLACEHOLDER), VALUE_BYTES);
  const operations = Array.from({ length: BURST }, (_, i) => ({
    type: 'put',
    path: `/${SUBTREE}/${keyOf(i + 1)}`,
    value,
  }));
  return frameOf(JSON.stringify({ type: 'commit', id: 1, requestId: PLACEHOLDER, operations }));
}

interface BaselineMessage {
  readonly commits?: readonly { readonly changes: readonly { readonly path: string }[] }[];
}

/** No library: every message is parsed, every change put into a Map. */
async function mapOf({ port }: Target): Promise<Copy> {
  const map = new Map<string, unknown>();
  for (let i = 1; i <= ENTRIES; i++) map.set(`/${SUBTREE}/${keyOf(i)}`, {});
  let applied = signal();
  const subscriber = new WebSocketWire(port, `/subscribe/${SUBTREE}`, (bytes, start, end) => {
    const { commits = [] }: BaselineMessage = JSON.parse(bytes.toString('utf8', start, end));
    for (const { changes } of commits) for (const change of changes) map.set(change.path, change);
    applied.come();
  });
  const writer = new WebSocketWire(port, '/publish', () => {});
  await applied.came;
  await writer.opened;
  return {
    get: (path) => map.get(path),
    async change(sequence) {
      applied = signal();
      writer.send(frameOf(`${SUBTREE} ${sequence} ${BURST} ${VALUE_BYTES}`));
      await applied.came;
    },
    close() {
      subscriber.close();
      writer.close();
    },
  };
}
