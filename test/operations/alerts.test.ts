import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { connect as connectTcp, type Socket } from 'node:net';
import { join } from 'node:path';
import { type Client, connect } from '@confer/client';
import { administrationOf } from '@confer/client/admin';
import { createServer, newTokenText, type Server } from '@confer/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testAuthority, testFile, testPair } from '../../server/src/test-support/certificates.ts';
import { EtcdProcess, etcdProblem } from '../../server/src/test-support/etcd-process.ts';
import { canMount, mountDisk } from '../disk/mounted.ts';
import { CLI, freePort, Program, withDirectory } from '../support/process.ts';
import { RawSocket } from '../support/raw-socket.ts';
import { isPrometheusHere, Prometheus, type Target } from './prometheus.ts';
import { alerts, panelQueries } from './queries.ts';

const CAN_RUN = isPrometheusHere && etcdProblem() === undefined && canMount;
/** As many file descriptors as make a server full with some hundred connections. */
const FILES = 256;
const WITHIN = { timeout: 40_000, interval: 200 };

let directory = '';
let end = () => {};
let prometheus: Prometheus;
const closing: (() => unknown)[] = [];

/** Does something again and again until it is told to stop. */
function again(everyMs: number, act: () => unknown): () => void {
  const timer = setInterval(act, everyMs);
  return () => clearInterval(timer);
}

async function start(options: Parameters<typeof createServer>[0]): Promise<Server> {
  const server = await createServer({ port: 0, ...options });
  closing.push(() => server.close());
  return server;
}

/** Does something as the one who may do everything. */
async function withAdmin(
  { url, adminFile }: { readonly url: string; readonly adminFile: string },
  use: (client: Client) => Promise<unknown>,
): Promise<void> {
  const token = readFileSync(adminFile, 'utf8');
  const client = connect(url, { token, tls: { ca: testAuthority().cert } });
  await use(client);
  await client.close();
}

/** A server that asks everybody who they are, with a token that Prometheus may read its metrics with. */
async function startGuarded(): Promise<
  Server & Required<Target> & { readonly audit: string; readonly adminFile: string }
> {
  const admin = testFile(newTokenText());
  const { files } = testPair();
  const audit = join(directory, 'audit');
  const server = await start({
    ...{ engine: 'memory', transport: 'ws', auth: 'on', bootstrapTokenFile: admin, tls: files },
    ...{ auditDirectory: audit, audit: 'best-effort' },
  });
  const { cert } = testAuthority();
  const first = readFileSync(admin, 'utf8');
  const client = connect(server.url, { token: first, tls: { ca: cert } });
  const { roles, tokens } = administrationOf(client);
  await roles.set('metrics', { allow: [{ verbs: ['operate'], on: '/' }] });
  const tokenOf = async (name: string, role: string) =>
    testFile((await tokens.create({ name, roles: [role], expiresAt: null })).token);
  const adminFile = await tokenOf('admin', 'admin');
  const tokenFile = await tokenOf('prometheus', 'metrics');
  await client.close();
  return { ...server, audit, caFile: testFile(cert), adminFile, tokenFile };
}

describe.skipIf(!CAN_RUN)(
  'each alert is raised by what it is for (where Prometheus and etcd are, and a disk can be mounted)',
  () => {
    let guarded: Awaited<ReturnType<typeof startGuarded>>;
    let small: Server;
    let lost: Server;
    let gateway: Server;
    let roomless: Server;
    let process: { readonly program: Program; readonly url: string };
    let etcd: EtcdProcess;
    let disk: NonNullable<ReturnType<typeof mountDisk>>;

    /** Nothing but those that it cannot be without is raised before the fault, and the alert with it. */
    async function expectRaised(name: string, target: Target, fault: () => unknown) {
      expect(await prometheus.raised(target)).not.toContain(name);
      const stop = await fault();
      try {
        await expect.poll(() => prometheus.raised(target), WITHIN).toContain(name);
      } finally {
        if (typeof stop === 'function') await stop();
      }
      seen.add(name);
    }

    const seen = new Set<string>();

    beforeAll(async () => {
      await new Promise<void>((ready) => {
        void withDirectory((made) => {
          directory = made;
          ready();
          return new Promise<void>((resolve) => {
            end = resolve;
          });
        });
      });
      guarded = await startGuarded();
      small = await start({ engine: 'memory', connectionsMax: 1 });
      lost = await start({ engine: 'lmdb', dataDirectory: join(directory, 'lost') });
      const mounted = mountDisk(directory, 64, 'tmpfs');
      if (mounted === undefined) throw new Error('it could be mounted a moment ago');
      disk = mounted;
      roomless = await start({ engine: 'lmdb', dataDirectory: join(disk.directory, 'data') });
      etcd = await EtcdProcess.alone(['--quota-backend-bytes', `${16 * 1024 * 1024}`]);
      gateway = await start({ engine: 'etcd', endpoints: [etcd.url] });
      const port = await freePort();
      const program = new Program(CLI, ['serve', '--memory', '--listen', `127.0.0.1:${port}`], {
        ulimit: `-n ${FILES}`,
      });
      await program.saw(({ stdout }) => (stdout.includes('http') ? true : undefined));
      process = { program, url: `http://127.0.0.1:${port}` };
      mkdirSync(join(directory, 'prometheus'));
      const targets = [guarded, small, lost, roomless, gateway, process];
      prometheus = await Prometheus.start(join(directory, 'prometheus'), targets);
    }, 60_000);

    afterAll(async () => {
      await prometheus?.stop();
      etcd?.signal('SIGCONT');
      await process?.program.kill();
      for (const close of closing) await close();
      await etcd?.kill();
      disk?.remove();
      end();
    }, 30_000);

    it('Prometheus reads the metrics of each server, by its token where that is asked for', async () => {
      for (const { url } of [guarded, small, lost, roomless, gateway, process]) {
        const isScraped = () =>
          prometheus.ask(`confer_ready{instance="${new URL(url).host}"} == 1`);
        await expect.poll(isScraped, WITHIN).toBe(1);
      }
    });

    it('ConferCertificateExpires: a certificate that ends in an hour', async () => {
      await expect
        .poll(() => prometheus.raised(guarded), WITHIN)
        .toContain('ConferCertificateExpires');
      seen.add('ConferCertificateExpires');
      expect(await prometheus.raised(small)).toEqual([]);
    });

    it('ConferAuthFailures: somebody guesses', { timeout: 60_000 }, () =>
      expectRaised('ConferAuthFailures', guarded, () => {
        const { cert: ca } = testAuthority();
        const headers = { authorization: `Bearer ${newTokenText()}` };
        // From an address of his own: whoever shares one with a guesser is kept out with him, and so would Prometheus be.
        const options = { ca, headers, localAddress: '127.0.0.2' };
        return again(200, () => {
          get(`${guarded.url}/v1/status`, options, (answer) => answer.resume()).on(
            'error',
            () => {},
          );
        });
      }),
    );

    it('ConferAuditFails, ConferAuditLost: a file is in the place of its directory, and much is to be written', {
      timeout: 120_000,
    }, async () => {
      await expectRaised('ConferAuditFails', guarded, () => {
        rmSync(guarded.audit, { recursive: true });
        writeFileSync(guarded.audit, '');
        // Each of those who come in is a line.
        return again(500, () => withAdmin(guarded, (client) => client.serverStatus()));
      });
      await expectRaised('ConferAuditLost', guarded, () =>
        withAdmin(guarded, async (client) => {
          // Twenty paths a line, as long as they may be, until more wait than 16 MiB.
          const segment = 'x'.repeat(200);
          const put = (i: number) => ({
            ...({
              type: 'put',
              path: `/${segment}/${segment}/${segment}/${segment}/${i}`,
            } as const),
            value: '',
          });
          const operations = Array.from({ length: 20 }, (_, i) => put(i));
          for (let i = 0; i < 50; i++)
            await Promise.all(Array.from({ length: 30 }, () => client.commit({ operations })));
        }),
      );
    });

    it('ConferResyncs, ConferWatchesLagging, ConferConnectionsRefused: one client that asks much, reads nothing, and lets nobody else in', {
      timeout: 120_000,
    }, async () => {
      const raw = await RawSocket.welcomed(small.url);
      let id = 0;
      const watch = (after?: object) =>
        raw.send({ type: 'watch', id: ++id, path: '/app', mode: 'state', ...(after && { after }) });
      await expectRaised('ConferResyncs', small, () =>
        again(200, () => watch({ epoch: 'another', revision: 1 })),
      );
      const commit = (value: string) => {
        const operations = [{ type: 'put', path: '/app/a', value }];
        raw.send({ type: 'commit', id: ++id, requestId: `r-${id}`, operations });
      };
      await expectRaised('ConferConnectionsRefused', small, () =>
        again(300, () => new RawSocket(small.url)),
      );
      await expectRaised('ConferWatchesLagging', small, () => {
        raw.pause(true);
        // Its own watches are told of what it writes, many times over.
        for (let i = 0; i < 60; i++) commit(`${i}${'x'.repeat(200_000)}`);
      });
      raw.close();
    });

    it('ConferDiskFillsUp: somebody else fills the disk', { timeout: 60_000 }, () =>
      expectRaised('ConferDiskFillsUp', roomless, () => disk.fill(8 * 1024 * 1024)),
    );

    it('ConferNotReady: the data were moved away', { timeout: 60_000 }, () =>
      expectRaised('ConferNotReady', lost, () =>
        renameSync(join(directory, 'lost/data.mdb'), join(directory, 'lost/away.mdb')),
      ),
    );

    it('ConferCommitsSlow, ConferBehind, ConferCompactionFails, ConferStorageDegraded: etcd is slow, silent, and full', {
      timeout: 180_000,
    }, async () => {
      const client = connect(gateway.url);
      const stopFor = async (ms: number) => {
        etcd.signal('SIGSTOP');
        const written = client.set('/a', `${ms}`);
        await new Promise((resume) => setTimeout(resume, ms));
        etcd.signal('SIGCONT');
        await written;
      };
      await expectRaised('ConferCommitsSlow', gateway, () => {
        let last = Promise.resolve();
        const stop = again(500, () => {
          last = last.then(() => stopFor(250));
        });
        return async () => {
          stop();
          await last;
        };
      });
      etcd.signal('SIGSTOP');
      const compacted = client.compact().catch(() => undefined);
      await expectRaised('ConferBehind', gateway, () => {});
      await expectRaised('ConferCompactionFails', gateway, () => {});
      etcd.signal('SIGCONT');
      await compacted;
      const isWell = async () => (await client.serverStatus()).storage;
      await expect.poll(isWell, WITHIN).toBe('well');
      await expectRaised('ConferStorageDegraded', gateway, async () => {
        const fill = async (i: number) => client.set(`/fill/${i}`, 'x'.repeat(900_000));
        for (let i = 0; i < 40; i++) if ((await fill(i).catch(() => 'full')) === 'full') return;
      });
      await client.close();
    });

    it('ConferFileDescriptors, ConferEventLoopLate, ConferDown: many come, the machine lets the server wait, it is killed', {
      timeout: 180_000,
    }, async () => {
      const { program, url } = process;
      const held: RawSocket[] = [];
      const idle: Socket[] = [];
      await expectRaised('ConferFileDescriptors', { url }, async () => {
        for (let i = 0; i < FILES / 2; i++) held.push(await RawSocket.welcomed(url));
        // Those that say nothing are let go of soon, so that there have to be others.
        return again(250, () => {
          for (let i = 0; i < 2; i++) idle.push(connectTcp(Number(new URL(url).port), '127.0.0.1'));
        });
      });
      for (const raw of held) raw.close();
      for (const socket of idle) socket.destroy();
      const { pid = 0 } = program.child;
      await expectRaised('ConferEventLoopLate', { url }, () => {
        const isOn = again(1_000, () => {
          globalThis.process.kill(pid, 'SIGSTOP');
          setTimeout(() => globalThis.process.kill(pid, 'SIGCONT'), 600);
        });
        return async () => {
          isOn();
          await new Promise((resume) => setTimeout(resume, 700));
        };
      });
      await expectRaised('ConferDown', { url }, () => program.kill());
    });

    it('so each was raised, and each question of the dashboard is one', async () => {
      expect([...seen].sort()).toEqual(
        alerts()
          .map(({ name }) => name)
          .sort(),
      );
      for (const { panel, expr } of panelQueries()) {
        const asked = expr
          .replaceAll('$job', '.*')
          .replaceAll('$instance', '.*')
          .replaceAll(/\$__(rate_interval|range)/g, '1m');
        expect(await prometheus.ask(asked), panel).toBeGreaterThanOrEqual(0);
      }
    });
  },
);
