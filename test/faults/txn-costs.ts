import { isLong } from '../support/extent.ts';
import type { RawSocket } from '../support/raw-socket.ts';

const MIB = 2 ** 20;
const PART = 10_000;
/** As in `costs.ts`. */
const MANY = process.env.CONFER_TEST_LONG === '1' ? 100_000 : 10_000;

type Fields = Readonly<Record<string, unknown>>;

let ids = 1_000_000;
let writes = 0;

interface Branches {
  readonly if?: readonly Fields[];
  readonly then?: readonly Fields[];
  readonly else?: readonly Fields[];
}

/** Does a transaction in as many parts as it takes. */
async function txn(raw: RawSocket, { if: conditions = [], then = [], else: other = [] }: Branches) {
  const about = { type: 'txn', id: ++ids, requestId: `txn-costs-${++writes}` };
  const lists = [conditions, then, other];
  const parts = Math.ceil(Math.max(1, ...lists.map(({ length }) => length)) / PART);
  for (let part = 0; part < parts; part++) {
    const [own = [], ownThen, ownElse] = lists.map((all) =>
      all.slice(part * PART, (part + 1) * PART),
    );
    const more = part < parts - 1 ? { more: true } : {};
    raw.send({ ...about, if: own, then: ownThen, else: ownElse, part, ...more });
  }
  await raw.next('decided', 60_000);
}

function many(one: (i: number) => Fields, count = MANY): Fields[] {
  return Array.from({ length: count }, (_, i) => one(i));
}

/** What a transaction may ask for that costs the most. */
export const txnCosts = [
  {
    title: '100,000 puts under as many conditions, in parts',
    act: (raw: RawSocket) =>
      txn(raw, {
        if: many((i) => ({ path: `/t/${i}`, exists: false })),
        then: many((i) => ({ type: 'put', path: `/t/${i}`, value: 'x'.repeat(100) })),
      }),
  },
  {
    title: 'fifty thousand puts in each branch, the last of which touches what the first does',
    async act(raw: RawSocket) {
      const puts = many((i) => ({ type: 'put', path: `/t/${i}`, value: '1' }), MANY / 2 - 1);
      const about = { type: 'txn', id: ++ids, requestId: `txn-costs-${++writes}` };
      const last = { type: 'put', path: '/t/0', value: '2' };
      for (let part = 0; part * PART < puts.length; part++) {
        const own = puts.slice(part * PART, (part + 1) * PART);
        raw.send({ ...about, if: [], then: own, else: own, part, more: true });
      }
      const part = Math.ceil(puts.length / PART);
      raw.send({ ...about, if: [], then: [last], else: [last], part });
      await raw.next('error', 60_000);
    },
  },
  {
    title: 'the conditions that nothing changed below `/` since the beginning, a hundred at once',
    async act(raw: RawSocket) {
      await txn(raw, { then: many((i) => ({ type: 'put', path: `/t/${i}`, value: '1' })) });
      const condition = { path: '/none', unchangedSince: 0 };
      const count = isLong ? 100 : 20;
      for (let i = 0; i < count; i++)
        raw.send({
          ...{ type: 'txn', id: ++ids, requestId: `txn-costs-${++writes}` },
          ...{ if: [condition], then: [] },
        });
      for (let i = 0; i < count; i++) await raw.next('decided', 60_000);
    },
  },
  {
    title: 'a thousand reads of values of 1 MiB, and a thousand lists of everything',
    async act(raw: RawSocket) {
      await txn(raw, { then: [{ type: 'put', path: '/large', value: 'x'.repeat(MIB) }] });
      await txn(raw, { then: many(() => ({ type: 'get', path: '/large' }), 1_000) });
      await txn(raw, {
        then: many(() => ({ type: 'list', path: '/', values: false, depth: 1 }), 1_000),
      });
    },
  },
];
