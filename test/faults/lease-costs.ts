import type { RawSocket } from '../support/raw-socket.ts';

type Message = Readonly<Record<string, unknown>>;

/** What is asked for here has numbers of its own. */
let ids = 1_000_000;

async function asked(raw: RawSocket, messages: readonly Message[], type: string) {
  for (const message of messages) raw.send({ ...message, id: ++ids });
  const replies: Message[] = [];
  for (const _ of messages) replies.push(await raw.next(type, 60_000));
  return replies;
}

function leaseOf({ leases }: Message): string {
  const [first]: unknown[] = Array.isArray(leases) ? leases : [];
  return typeof first === 'object' && first !== null && 'lease' in first ? String(first.lease) : '';
}

async function granted(raw: RawSocket, count: number): Promise<string[]> {
  const grants = Array.from({ length: count }, () => ({
    ...{ type: 'grantLease', requestId: `lease-costs-${++ids}`, ttlMs: 600_000 },
    name: 'x'.repeat(128),
  }));
  return (await asked(raw, grants, 'leases')).map(leaseOf);
}

/** One with as many entries as may go with it. */
async function loaded(raw: RawSocket): Promise<string> {
  const [lease = ''] = await granted(raw, 1);
  const operations = Array.from({ length: 10_000 }, (_, i) => ({
    ...{ type: 'put', path: `/leased/${i}`, value: 'x'.repeat(100), lease },
  }));
  await asked(
    raw,
    [{ type: 'commit', requestId: `lease-costs-${++ids}`, operations }],
    'committed',
  );
  return lease;
}

function times(count: number, message: Message): Message[] {
  return Array.from({ length: count }, () => message);
}

/** For each message about leases. */
export const leaseCosts = {
  grantLease: [
    {
      title: 'five thousand, a thousand at once',
      async act(raw: RawSocket) {
        for (let i = 0; i < 5; i++) await granted(raw, 1_000);
      },
    },
  ],
  keepAlive: [
    {
      title: 'five hundred times, of a thousand leases',
      async act(raw: RawSocket) {
        const leases = await granted(raw, 1_000);
        await asked(raw, times(500, { type: 'keepAlive', leases }), 'leases');
      },
    },
  ],
  revokeLease: [
    {
      title: 'five leases with ten thousand entries each',
      async act(raw: RawSocket) {
        for (let i = 0; i < 5; i++) {
          const lease = await loaded(raw);
          const revoke = { type: 'revokeLease', requestId: `lease-costs-${++ids}`, lease };
          await asked(raw, [revoke], 'committed');
        }
      },
    },
  ],
  readLease: [
    {
      title: 'five hundred pages of one with ten thousand entries',
      async act(raw: RawSocket) {
        const lease = await loaded(raw);
        await asked(raw, times(500, { type: 'readLease', lease }), 'leases');
      },
    },
  ],
  listLeases: [
    {
      title: 'five hundred pages',
      async act(raw: RawSocket) {
        await asked(raw, times(500, { type: 'listLeases' }), 'leases');
      },
    },
  ],
};
