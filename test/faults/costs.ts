import type { UpMessage } from '@confer/shared';
import { RawSocket } from '../support/raw-socket.ts';
import { asked, type Cost, commit, newId, newRequestId, type Operation, puts } from './asking.ts';
import { guardedWrites } from './guarded-writes.ts';
import { leaseCosts } from './lease-costs.ts';
import { operatorCosts } from './operator-costs.ts';
import { oldestVersion, pastCosts } from './past-costs.ts';
import { txnCosts } from './txn-costs.ts';

const MIB = 2 ** 20;
/** As many bytes as a frame may have, but for what is around them. */
const FRAME = 8 * MIB - 1_000;

/** A request that is one frame with more in it than any program needs. */
function stuffed(extra: string): string {
  return `{"type":"get","id":${newId()},"path":"/a","extra":${extra}}`;
}

async function refused(url: string, frame: string): Promise<void> {
  const raw = await RawSocket.welcomed(url);
  raw.sendText(frame);
  await raw.end();
}

async function answered(raw: RawSocket, frame: string, type = 'got'): Promise<void> {
  raw.sendText(frame);
  await raw.next(type, 60_000);
}

function filled(one: (i: number) => string, joint = ','): string {
  const all: string[] = [];
  for (let bytes = 0, i = 0; bytes < FRAME; i++) {
    const next = one(i);
    bytes += next.length + joint.length;
    if (bytes < FRAME) all.push(next);
  }
  return all.join(joint);
}

/** For each message that a client may send, so that none is added without a thought of this. */
export const costs: Readonly<Record<UpMessage['type'], readonly Cost[]>> = {
  hello: [
    {
      title: 'two hundred connections with a `hello` of 12 KiB each',
      async act(_, url) {
        const text = (i: number) => `${i}`.padEnd(128, 'x');
        const labels = Object.fromEntries(
          Array.from({ length: 16 }, (__, i) => [text(i), text(i)]),
        );
        const client = { name: text(0), version: text(0), labels };
        const token = 'x'.repeat(8_192);
        const all = Array.from({ length: 200 }, () => new RawSocket(url));
        await Promise.all(all.map((raw) => raw.opened()));
        for (const raw of all) raw.send({ type: 'hello', version: 1, token, client });
        await Promise.all(all.map((raw) => raw.next('welcome')));
        for (const raw of all) raw.close();
      },
    },
  ],
  heartbeat: [
    {
      title: 'fifty thousand at once',
      async act(raw) {
        for (let i = 0; i < 50_000; i++) raw.send({ type: 'heartbeat', applied: i });
        await asked(raw, 1, 'status', { type: 'status' });
      },
    },
  ],
  get: [
    {
      title: 'a hundred of a value of 1 MiB',
      async act(raw) {
        await commit(raw, [{ type: 'put', path: '/large', value: 'x'.repeat(MIB) }]);
        await asked(raw, 100, 'got', { type: 'get', path: '/large' });
      },
    },
    oldestVersion,
    {
      title: 'a frame of what takes longest to read',
      async act(raw, url) {
        await refused(url, stuffed('['.repeat(FRAME)));
        await refused(url, stuffed(`[${filled(() => '{}')}]`));
        await refused(url, stuffed(`{${filled((i) => `"${i * 7_919}":1`)}}`));
        await refused(url, stuffed(`[${filled((i) => `{"k${i}":1}`)}]`));
        await answered(raw, stuffed(' '.repeat(FRAME) + 1));
        await answered(raw, stuffed('3'.repeat(FRAME)));
        await answered(raw, stuffed(`"${'\\n'.repeat(FRAME / 2)}"`));
        const most = Array.from({ length: 65_000 }, () => '{"type":1}').join();
        await answered(raw, stuffed(`[${most}]`));
      },
    },
  ],
  list: [
    {
      title: 'pages of 10,000 entries, of now and of before 100,000 changes',
      async act(raw) {
        raw.send({ type: 'status', id: newId() });
        const { revision } = await raw.next('status');
        await commit(
          raw,
          puts((i) => `/many/${i}`),
        );
        for (const at of [{}, { at: revision }])
          for (const depth of [{}, { depth: 1 }])
            await asked(raw, 20, 'listed', {
              type: 'list',
              path: '/many',
              limit: 10_000,
              ...at,
              ...depth,
            });
      },
    },
  ],
  ...pastCosts,
  commit: [
    {
      title: '100,000 puts, in parts',
      act: (raw) =>
        commit(
          raw,
          puts((i) => `/many/${i}`),
        ),
    },
    {
      title: '100,000 puts, in a part each',
      async act(raw) {
        const about = { type: 'commit', id: newId(), requestId: newRequestId() };
        const all = puts((i) => `/many/${i}`);
        all.forEach((operation, part) => {
          const more = part < all.length - 1 ? { more: true } : {};
          raw.send({ ...about, operations: [operation], part, ...more });
        });
        await raw.next('committed', 60_000);
      },
    },
    {
      title: '30,000 operations in one frame',
      async act(raw) {
        const operations = puts((i) => `/o/${i}`, 30_000);
        await answered(
          raw,
          JSON.stringify({ type: 'commit', id: newId(), requestId: newRequestId(), operations }),
          'committed',
        );
      },
    },
    {
      title: '20,000 paths of 64 segments',
      act: (raw) =>
        commit(
          raw,
          puts((i) => `/d${i}${'/b'.repeat(63)}`, 20_000),
        ),
    },
    {
      title: '100,000 paths of 58 segments, and their removal',
      async act(raw) {
        await commit(
          raw,
          puts((i) => `/deep${'/b'.repeat(56)}/${i}`),
        );
        await commit(raw, [{ type: 'delete', path: '/deep', recursive: true }]);
      },
    },
    {
      title: '1 MiB of what takes six bytes a character',
      act: (raw) => commit(raw, [{ type: 'put', path: '/e', value: '\u0001'.repeat(MIB) }]),
    },
    {
      title: 'the removal of 100,000 entries',
      async act(raw) {
        await commit(
          raw,
          puts((i) => `/gone${'/b'.repeat(20)}/${i}`),
        );
        await commit(raw, [{ type: 'delete', path: '/gone', recursive: true }]);
      },
    },
    {
      title: '40,000 conditions',
      act: async (raw) => {
        const conditions = Array.from({ length: 40_000 }, (_, i) => ({
          path: `/none/${i}`,
          modRevision: 0,
        }));
        const operations = puts(() => '/met', 1);
        const about = { id: newId(), requestId: newRequestId(), conditions, operations };
        await answered(raw, JSON.stringify({ type: 'commit', ...about }), 'committed');
      },
    },
    {
      title: 'a thousand writes of one path at once, from each of twenty connections',
      async act(_, url) {
        const all = await Promise.all(Array.from({ length: 20 }, () => RawSocket.welcomed(url)));
        await Promise.all(
          all.map(async (raw) => {
            for (let i = 0; i < 1_000; i++)
              raw.send({
                type: 'commit',
                id: i,
                requestId: newRequestId(),
                operations: puts(() => '/hot', 1),
              });
            for (let i = 0; i < 1_000; i++) await raw.next('committed', 60_000);
          }),
        );
        for (const raw of all) raw.close();
      },
    },
    guardedWrites.commit,
  ],
  txn: [...txnCosts, guardedWrites.txn],
  watch: [
    {
      title: 'a snapshot of 100,000 entries',
      async act(raw) {
        raw.send({ type: 'watch', id: newId(), path: '/many', mode: 'state' });
        await raw.next('synced', 60_000);
      },
    },
    {
      title: 'two thousand of `/` on the connection that writes two hundred times',
      async act(_, url) {
        const raw = await RawSocket.welcomed(url);
        for (let i = 0; i < 2_000; i++)
          raw.send({ type: 'watch', id: newId(), path: '/', mode: 'events' });
        for (let i = 0; i < 2_000; i++) await raw.next('watching');
        for (let i = 0; i < 200; i++)
          raw.send({
            type: 'commit',
            id: newId(),
            requestId: newRequestId(),
            operations: puts(() => `/w/${i}`, 1),
          });
        for (let i = 0; i < 200; i++) await raw.next('committed', 60_000);
        raw.close();
      },
    },
    {
      title: 'of all, and 100,000 changes at once',
      async act(raw) {
        raw.send({ type: 'watch', id: newId(), path: '/', mode: 'state', clears: true });
        await raw.next('synced', 60_000);
        await commit(
          raw,
          puts((i) => `/many/${i}`),
        );
      },
    },
  ],
  unwatch: [
    {
      title: 'ten thousand watches, and their end',
      async act(_, url) {
        const raw = await RawSocket.welcomed(url);
        const names: unknown[] = [];
        for (let i = 0; i < 10; i++) {
          for (let n = 0; n < 1_000; n++)
            raw.send({ type: 'watch', id: newId(), path: `/u/${i}/${n}`, mode: 'events' });
          for (let n = 0; n < 1_000; n++) names.push((await raw.next('watching')).watch);
        }
        for (let i = 0; i < 10; i++) {
          for (const watch of names.splice(0, 1_000))
            raw.send({ type: 'unwatch', id: newId(), watch });
          for (let n = 0; n < 1_000; n++) await raw.next('unwatched');
        }
        raw.close();
      },
    },
  ],
  verify: [
    {
      title: 'five hundred times, of 100,000 entries',
      async act(_, url) {
        const raw = await RawSocket.welcomed(url);
        raw.send({ type: 'watch', id: newId(), path: '/many', mode: 'state' });
        const { watch } = await raw.next('synced', 60_000);
        await asked(raw, 500, 'verifying', { type: 'verify', watch });
        raw.close();
      },
    },
  ],
  compact: [
    {
      title: 'of all that was before',
      act: (raw) => asked(raw, 1, 'compaction', { type: 'compact' }),
    },
  ],
  renew: guarded('five hundred at once', (raw, token) =>
    asked(raw, 500, 'renewed', { type: 'renew', token }),
  ),
  whoami: guarded('five hundred at once', (raw) => asked(raw, 500, 'identity', { type: 'whoami' })),
  checkRight: guarded('five hundred, of a role of 256 grants', async (raw) => {
    await asked(raw, 1, 'authChanged', largeRole('checked'));
    const about = { principal: 'operator', verb: 'read', path: '/b'.repeat(64) };
    await asked(raw, 500, 'rightChecked', { type: 'checkRight', ...about });
  }),
  setRole: guarded('two hundred, of 256 grants with long paths', async (raw) => {
    for (let i = 0; i < 200; i++) await asked(raw, 1, 'authChanged', largeRole(`large-${i}`));
  }),
  removeRole: guarded('two hundred roles', async (raw) => {
    for (let i = 0; i < 200; i++) {
      await asked(raw, 1, 'authChanged', { ...largeRole(`gone-${i}`), allow: [] });
      await asked(raw, 1, 'authChanged', { type: 'removeRole', name: `gone-${i}` });
    }
  }),
  listRoles: guarded('five hundred pages', (raw) =>
    asked(raw, 500, 'roles', { type: 'listRoles' }),
  ),
  createToken: guarded('a thousand at once', async (raw) => {
    const about = { type: 'createToken', roles: [], expiresAt: null, note: 'x'.repeat(1_000) };
    for (let i = 0; i < 1_000; i++) raw.send({ ...about, id: newId(), name: `token-${i}` });
    for (let i = 0; i < 1_000; i++) await raw.next('tokenMade', 60_000);
  }),
  rotateToken: guarded('two hundred times', async (raw) => {
    for (let i = 0; i < 200; i++)
      await asked(raw, 1, 'tokenMade', { type: 'rotateToken', token: 'token-1', overlapMs: 0 });
  }),
  updateToken: guarded('two hundred times', async (raw) => {
    for (let i = 0; i < 200; i++)
      await asked(raw, 1, 'authChanged', { type: 'updateToken', token: 'token-1', note: `${i}` });
  }),
  removeToken: guarded('five hundred tokens', async (raw) => {
    for (let i = 500; i < 1_000; i++)
      await asked(raw, 1, 'authChanged', { type: 'removeToken', token: `token-${i}` });
  }),
  report: [
    {
      title: 'a hundred paths, each fifty times, with the longest reasons',
      async act(raw) {
        const rejected = { revision: 1, reason: 'x'.repeat(300) };
        for (let path = 0; path < 100; path++)
          await asked(raw, 50, 'reported', { type: 'report', path: `/a/${path}`, rejected });
      },
    },
  ],
  listTokens: guarded('two hundred pages', (raw) =>
    asked(raw, 200, 'tokens', { type: 'listTokens' }),
  ),
  ...operatorCosts,
  ...leaseCosts,
};

/** A row about rights. */
function guarded(
  title: string,
  act: (raw: RawSocket, token: string) => Promise<void>,
): readonly Cost[] {
  return [{ title, isGuarded: true, act: (raw, _, token = '') => act(raw, token) }];
}

function largeRole(name: string): Operation {
  const allow = Array.from({ length: 256 }, (_, i) => ({
    ...{ verbs: ['read', 'write'], on: `/g${i}${'/segment'.repeat(60)}` },
  }));
  return { type: 'setRole', name, allow, deny: [] };
}
