import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { until } from '../faults/scene.ts';
import { freePort, startConfer, withDirectory } from '../support/process.ts';

const UNIT = fileURLToPath(new URL('../../deploy/systemd/confer.service', import.meta.url));

const runs = (program: string) => spawnSync(program, ['--version']).status === 0;
const hasNotify = runs('systemd-notify') && runs('python3');
const hasAnalyze = runs('systemd-analyze');

/** What systemd is on its socket: it takes datagrams, and closes whatever file came with one. */
const SERVICE_MANAGER = `
import socket, sys
took = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
took.bind(sys.argv[1])
print('listening', flush=True)
while True:
    print(took.recv(4096).decode().replace('\\n', ' '), flush=True)
`;

/** What it was told, line by line. */
async function serviceManager(socket: string): Promise<string[]> {
  const child = spawn('python3', ['-c', SERVICE_MANAGER, socket], { stdio: 'pipe' });
  onTestFinished(() => void child.kill());
  const said: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.push(...text.trim().split('\n'));
  });
  await until('it listens', () => said.includes('listening'));
  return said;
}

describe.skipIf(!hasNotify)(
  'a service of systemd (where systemd-notify and python3 are installed)',
  () => {
    it('says when it is ready, and when it stops, before it does', async () => {
      await withDirectory(async (directory) => {
        const socket = join(directory, 'notify');
        const told = await serviceManager(socket);
        const listen = `127.0.0.1:${await freePort()}`;
        const flags = ['--memory', '--listen', listen, '--drain-delay', '300ms'];
        const service = startConfer(['serve', ...flags], { env: { NOTIFY_SOCKET: socket } });
        onTestFinished(() => void service.kill());
        await until('it is told', () => told.some((line) => line.includes('READY=1')));
        expect(told.join()).toContain(`STATUS=serves at http://${listen}`);
        expect(told.join()).not.toContain('STOPPING');
        service.child.kill('SIGTERM');
        await until('it is told', () => told.some((line) => line.includes('STOPPING=1')));
        expect(await service.finished).toMatchObject({ code: 0 });
        expect(service.stderr).not.toContain('systemd');
      });
    });

    it('serves on where nobody hears it, and says so', async () => {
      const listen = `127.0.0.1:${await freePort()}`;
      const service = startConfer(['serve', '--memory', '--listen', listen], {
        env: { NOTIFY_SOCKET: '/nowhere/notify' },
      });
      onTestFinished(() => void service.kill());
      await service.saw(({ stderr }) => /"warn".*systemd waits for word/.test(stderr) || undefined);
      expect(service.child.exitCode).toBeNull();
      expect(await service.kill('SIGTERM')).toMatchObject({ code: 0 });
    });
  },
);

it.skipIf(!hasAnalyze)(
  'the unit for systemd is one, and keeps the service in (where systemd is installed)',
  async () => {
    await withDirectory(async (directory) => {
      const command = join(directory, 'confer');
      writeFileSync(command, '#!/bin/sh\n');
      chmodSync(command, 0o755);
      const unit = join(directory, 'confer.service');
      writeFileSync(unit, readFileSync(UNIT, 'utf8').replace('/usr/local/bin/confer', command));
      const verified = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' });
      expect(verified).toMatchObject({ status: 0, stderr: '' });
      // In tenths, of 100: what systemd calls "OK" ends at 40.
      const most = ['--offline=true', '--threshold=20'];
      const judged = spawnSync('systemd-analyze', ['security', ...most, unit], {
        encoding: 'utf8',
      });
      expect(judged.status).toBe(0);
    });
  },
);
