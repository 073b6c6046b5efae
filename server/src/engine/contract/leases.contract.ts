import { leasePath } from '@confer/shared';
import { describe, expect, it } from 'vitest';
import type { EngineOperation } from '../engine.ts';
import { failureOf, type Scene } from './scene.contract.ts';

let requests = 0;

export function describeLeases(scene: () => Scene): void {
  const commit = (operations: readonly EngineOperation[], about = {}) =>
    scene().engine.writes.commit({
      ...{ operations, conditions: [], actor: 'the server', requestId: `lease-${++requests}` },
      ...about,
    });

  const put = (path: string, lease: string): EngineOperation => {
    return { type: 'put', path, value: 'v', lease };
  };

  describe('a lease', () => {
    it('is named by what goes with it, until that is put without one', async () => {
      const lease = await scene().grant();
      await commit([put('/a', lease)]);
      expect(scene().engine.reads.get('/a')).toMatchObject({ value: 'v', lease });
      await commit([{ type: 'put', path: '/a', value: 'w' }]);
      expect(scene().engine.reads.get('/a')).not.toHaveProperty('lease');
    });

    it('S3 has to be there where something is put with it, or nothing of the commit is written', async () => {
      const [lease, gone] = [await scene().grant(), '00000000000000a1'];
      const { revision } = scene().engine.reads;
      const operations = [put('/a', lease), put('/b', gone)];
      expect(await failureOf(() => commit(operations))).toMatchObject({ code: 'lease_not_found' });
      expect([...scene().engine.reads.scan({ subtree: '/', at: revision })]).toEqual([]);
    });

    it('S4 is not looked for by a retry of what was put when it was there', async () => {
      const lease = await scene().grant();
      const about = { requestId: `retried-${++requests}` };
      const first = await commit([put('/a', lease)], about);
      await commit([{ type: 'delete', path: leasePath(lease) }]);
      expect(await commit([put('/a', lease)], about)).toEqual(first);
      expect(await failureOf(() => commit([put('/b', lease)]))).toMatchObject({
        code: 'lease_not_found',
      });
    });

    it('says why what went with it was deleted', async () => {
      const lease = await scene().grant();
      await commit([put('/a', lease)]);
      const { revision } = await commit([{ type: 'delete', path: '/a' }], { cause: 'expired' });
      const gone = { type: 'delete', path: '/a', cause: 'expired' };
      expect(scene().fed.at(-1)?.changes).toMatchObject([{ ...gone, prev: { lease } }]);
      expect(scene().history(revision - 1)[0]?.changes[0]).toMatchObject({ cause: 'expired' });
      const known = scene().tombstones({ subtree: '/', at: revision });
      expect(known).toEqual([{ path: '/a', revision, cause: 'expired' }]);
    });
  });

  describe('the end of a lease', () => {
    it('takes what goes with it, and says whether it was revoked or ran out', async () => {
      const { leases } = scene().engine;
      const [revoked, other] = [await scene().grant(), await scene().grant()];
      for (const path of ['/a', '/b']) await commit([put(path, revoked)]);
      await commit([put('/c', other)]);
      await commit([put('/b', other)]);
      const ended = { path: leasePath(revoked), value: '{"revoked":true}', lease: revoked };
      if (leases === undefined) {
        const own = ['/a', '/b'].map(
          (path): EngineOperation => ({ type: 'delete', path, ofLease: revoked }),
        );
        const operations = [{ type: 'delete', path: ended.path } as const, ...own];
        await commit(operations, { cause: 'revoked' });
      } else {
        await commit([{ type: 'put', ...ended }]);
        expect(await leases.revoke(revoked, 'alice')).toMatchObject({ puts: 0, deletes: 2 });
        const again = await leases.revoke(revoked, 'the server');
        expect(again).toMatchObject({ puts: 0, deletes: 2 });
        expect(await leases.revoke(revoked, 'bob')).toMatchObject({ puts: 0, deletes: 0 });
        expect(await leases.keepAlive([revoked, other])).toEqual(new Set([other]));
        expect(await leases.remainingMs(revoked)).toBeUndefined();
      }
      expect(scene().values()).toEqual(['/b=v', '/c=v']);
      expect(scene().fed.at(-1)).toMatchObject({
        actor: 'the server',
        changes: [
          { type: 'delete', path: ended.path, cause: 'revoked' },
          { type: 'delete', path: '/a', cause: 'revoked' },
        ],
      });
    });
  });
}
