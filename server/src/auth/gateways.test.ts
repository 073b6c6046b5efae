import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Core } from '../core.ts';
import { connectCluster } from '../engine/etcd/client/grpc-cluster.ts';
import { openEtcdEngine } from '../engine/etcd/etcd-engine.ts';
import { systemRuntime } from '../runtime.ts';
import { EtcdProcess, etcdProblem } from '../test-support/etcd-process.ts';
import { RawClient } from '../test-support/raw-client.ts';
import { Bootstrap } from './bootstrap.ts';
import { newToken, tokenText } from './token.ts';

const problem = etcdProblem();
if (problem !== undefined) console.info(`skipped, rights on two gateways: ${problem}`);

const { clock, newSecret } = systemRuntime;
const aToken = () => tokenText(newToken(newSecret));
let prefixes = 0;

describe.skipIf(problem !== undefined)(
  'two gateways of one store (where etcd is installed)',
  { timeout: 60_000 },
  () => {
    let etcd: EtcdProcess;
    beforeAll(async () => {
      etcd = await EtcdProcess.alone();
    });
    afterAll(() => etcd.remove());

    const open = async (prefix: string) => {
      const cluster = connectCluster({ endpoints: [etcd.url], defer: systemRuntime.defer });
      const engine = await openEtcdEngine({
        ...systemRuntime,
        onNotice: () => {},
        cluster,
        prefix,
      });
      const auth = { bootstrap: () => undefined };
      const core = new Core({ engine, runtime: systemRuntime, log: () => {}, auth });
      onTestFinished(() => core.stop());
      return { core, engine };
    };

    /** Two gateways that are started at once with tokens of their operators. */
    const start = async (...tokens: readonly [string, string]) => {
      const prefix = `/rights-${prefixes++}/`;
      const directory = mkdtempSync(join(tmpdir(), 'confer-gateways-'));
      onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
      const [a, b] = [await open(prefix), await open(prefix)];
      const prepared = [a, b].map(async ({ core }, i) => {
        const tokenFile = join(directory, `${i}.token`);
        writeFileSync(tokenFile, tokens[i] ?? '', { mode: 0o600 });
        const options = { directory: undefined, tokenFile, clock, newSecret, log: () => {} };
        if (core.administration !== undefined)
          await new Bootstrap(options).prepare(core.administration);
      });
      await Promise.all(prepared);
      return { a, b };
    };

    /** Sends a request and waits for the answer, or for the end of the connection. */
    const ask = async (
      client: RawClient,
      request: Parameters<RawClient['send']>[0] & { id: number },
    ) => {
      client.send(request);
      const answered = () => client.received.find((told) => 'id' in told && told.id === request.id);
      await vi.waitFor(() => expect(answered() ?? client.closed).toBeDefined(), 10_000);
      return answered();
    };

    const admins = ({ core }: { core: Core }) =>
      [...(core.administration?.policy.current.tokens.values() ?? [])].map(({ name }) => name);

    it('make one first admin, by the same token or by two', async () => {
      const same = aToken();
      for (const tokens of [
        [same, same],
        [aToken(), aToken()],
      ] as const) {
        const { a, b } = await start(...tokens);
        await vi.waitFor(() =>
          expect([admins(a), admins(b)]).toEqual([['operator'], ['operator']]),
        );
      }
    });

    it('leave an admin, where two end each other over one each', async () => {
      const token = aToken();
      const { a, b } = await start(token, token);
      const first = RawClient.as(a.core, token);
      const made = await ask(first, {
        type: 'createToken',
        id: 1,
        name: 'other',
        roles: ['admin'],
        expiresAt: null,
      });
      if (made?.type !== 'tokenMade') throw new Error(JSON.stringify(made));
      await vi.waitFor(() => expect(admins(b)).toHaveLength(2));
      const other = RawClient.as(b.core, made.token);
      await Promise.all([
        ask(first, { type: 'updateToken', id: 2, token: 'other', disabled: true }),
        ask(other, { type: 'updateToken', id: 2, token: 'operator', disabled: true }),
      ]);
      await vi.waitFor(
        () => expect([first.closed, other.closed].filter(Boolean)).toHaveLength(1),
        10_000,
      );
      for (const { core } of [a, b])
        expect(core.administration?.policy.current.hasAdmin(clock.now())).toBe(true);
    });

    it('W11 tell nothing of the revision at which a right ends at the other, nor of later ones (attack 40)', async () => {
      const token = aToken();
      const { a, b } = await start(token, token);
      const admin = RawClient.as(a.core, token);
      await ask(admin, {
        type: 'setRole',
        id: 1,
        name: 'r',
        allow: [{ verbs: ['read'], on: '/a' }],
        deny: [],
      });
      const made = await ask(admin, {
        type: 'createToken',
        id: 2,
        name: 'g',
        roles: ['r'],
        expiresAt: null,
      });
      if (made?.type !== 'tokenMade') throw new Error(JSON.stringify(made));
      await vi.waitFor(() => expect(admins(b)).toContain('g'));
      const guest = RawClient.as(b.core, made.token);
      await ask(guest, { type: 'watch', id: 1, path: '/a', mode: 'events' });
      let n = 0;
      const put = () => {
        const operations = [{ type: 'put', path: '/a/k', value: `${++n}` } as const];
        return a.engine.writes.commit({
          operations,
          conditions: [],
          actor: 'test',
          requestId: `w${n}`,
        });
      };
      const before = Array.from({ length: 50 }, put);
      const ended = ask(admin, { type: 'removeRole', id: 3, name: 'r' });
      await Promise.all([...before, ...Array.from({ length: 50 }, put)]);
      const answer = await ended;
      if (answer?.type !== 'authChanged') throw new Error(JSON.stringify(answer));
      // Heartbeats may follow.
      const revoked = () => guest.received.find(({ type }) => type === 'revoked');
      await vi.waitFor(
        () => expect(revoked()).toMatchObject({ revision: answer.revision }),
        10_000,
      );
      const told = guest.received.flatMap((m) => (m.type === 'commits' ? m.commits : []));
      expect(Math.max(0, ...told.map(({ revision }) => revision))).toBeLessThan(answer.revision);
    });
  },
);
