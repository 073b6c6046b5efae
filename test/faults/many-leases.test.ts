import { expect, onTestFinished, test, vi } from 'vitest';
import { RawSocket } from '../support/raw-socket.ts';
import { type RealServer, report, withScene } from './scene.ts';

/** As many as a store may have, in the long mode. */
const LEASES = process.env.CONFER_TEST_LONG === '1' ? 99_000 : 10_000;
const TTL_MS = 120_000;
/** For a machine with other work. On a quiet one a turn stays below 50 ms; the figures are in ARCHITECTURE.md. */
const PAUSE_MS_MAX = process.env.CONFER_TEST_LONG === '1' ? 1_000 : 400;
const PART = 1_000;

type Message = Readonly<Record<string, unknown>>;

let ids = 0;

/** Asks for a thousand things at a time. */
async function asked(raw: RawSocket, messages: readonly Message[], type: string) {
  const replies: Message[] = [];
  for (let from = 0; from < messages.length; from += PART) {
    const part = messages.slice(from, from + PART);
    for (const message of part) raw.send({ ...message, id: ++ids });
    for (const _ of part) replies.push(await raw.next(type, 60_000));
    raw.received.splice(0);
  }
  return replies;
}

function idOf({ leases }: Message): string {
  const [first]: unknown[] = Array.isArray(leases) ? leases : [];
  return typeof first === 'object' && first !== null && 'lease' in first ? String(first.lease) : '';
}

async function entriesOf(raw: RawSocket): Promise<number> {
  const [status] = await asked(raw, [{ type: 'status' }], 'status');
  return Number(status?.entries);
}

async function measured(name: string, server: RealServer, act: () => Promise<unknown>) {
  await server.look();
  const begun = performance.now();
  await act();
  const tookMs = Math.round(performance.now() - begun);
  const { pauseMsMax } = await server.look();
  report(`${LEASES} leases: ${name}`, { tookMs, pauseMsMax, memory: server.memoryMiB });
  expect(pauseMsMax).toBeLessThan(PAUSE_MS_MAX);
}

test(
  'W10 as many leases as there may be keep nobody waiting, and a server that starts finds them all',
  { timeout: 300_000 },
  () =>
    withScene(async (scene) => {
      const server = await scene.server();
      let raw = await RawSocket.welcomed(server.url);
      onTestFinished(() => raw.close());
      let leases: string[] = [];
      const grants = Array.from({ length: LEASES }, (_, i) => ({
        ...{ type: 'grantLease', requestId: `many-${i}`, ttlMs: TTL_MS },
      }));
      await measured('granted', server, async () => {
        leases = (await asked(raw, grants, 'leases')).map(idOf);
      });
      const puts = leases.map((lease, i) => ({
        ...{ type: 'commit', requestId: `put-${i}` },
        operations: [{ type: 'put', path: `/held/${i}`, value: '1', lease }],
      }));
      await measured('with an entry each', server, () => asked(raw, puts, 'committed'));
      const keeps = Array.from({ length: Math.ceil(LEASES / PART) }, (_, i) => ({
        ...{ type: 'keepAlive', leases: leases.slice(i * PART, (i + 1) * PART) },
      }));
      await measured('kept alive', server, () => asked(raw, keeps, 'leases'));
      expect(await entriesOf(raw)).toBe(2 * LEASES);
      await server.restart();
      raw = await RawSocket.welcomed(server.url);
      // To revoke one waits until it is known what goes with each.
      const [first = ''] = leases;
      const revoke = { type: 'revokeLease', requestId: 'revoke', lease: first };
      await measured('found at a start', server, () => asked(raw, [revoke], 'committed'));
      expect(await entriesOf(raw)).toBe(2 * (LEASES - 1));
      await measured('revoked', server, () =>
        asked(
          raw,
          leases.map((lease, i) => ({ type: 'revokeLease', requestId: `end-${i}`, lease })),
          'committed',
        ),
      );
      await vi.waitUntil(async () => (await entriesOf(raw)) === 0, { timeout: 60_000 });
    }),
);
