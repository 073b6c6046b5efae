import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import {
  confer,
  freePort,
  type Program,
  serve,
  startConfer,
  withDirectory,
} from '../support/process.ts';
import { canMakeTerminals, Pty } from '../support/pty.ts';

const running: Program[] = [];
afterAll(async () => {
  await Promise.all(running.splice(0).map((program) => program.kill()));
});

describe('confer serve --check-config', () => {
  it('accepts the example, and starts nothing', async () => {
    const example = fileURLToPath(new URL('../../deploy/confer.yaml', import.meta.url));
    const checked = await confer(['serve', '--config', example, '--check-config']);
    expect(checked).toMatchObject({ code: 0, stdout: '', stderr: 'the settings are well\n' });
  });

  it('accepts all of the example, where its files are there', async () => {
    await withDirectory(async (directory) => {
      const example = new URL('../../deploy/confer.yaml', import.meta.url);
      // The comments that would be settings: what stands behind a # and is indented or ends a key.
      const all = readFileSync(example, 'utf8').replace(/^# ( *[a-z-]+:( .*)?)$/gm, '$1');
      writeFileSync(join(directory, 'confer.yaml'), all.replace('engine: lmdb', 'engine: etcd'));
      const args = ['serve', '--config', join(directory, 'confer.yaml')];
      const printed = await confer([...args, '--print-config']);
      expect(printed.stderr).toBe('');
      expect(printed.stdout).toContain('client-ca:');
      expect(printed.stdout.split('# Without a value:\n')[1]).toBe('');
      expect((await confer([...args, '--check-config'])).stderr).toMatch(
        /client-ca|cannot be read/,
      );
    });
  });

  it('says all that a server would say one by one, and leaves its data alone', async () => {
    await withDirectory(async (directory) => {
      const file = join(directory, 'confer.yaml');
      const yaml = [
        'listen: 0.0.0.0:7480',
        'data: data',
        'trusted-proxy: [nonsense, 10.0.0.0/99]',
        'allow-origin: [nowhere]',
        'tls: { cert: none.pem, key: none.pem }',
        'auth: { bootstrap-token-file: none }',
        'audit: { reads: [shop] }',
      ];
      writeFileSync(file, yaml.join('\n'));
      const { code, stdout, stderr } = await confer(['serve', '--config', file, '--check-config']);
      expect([code, stdout]).toEqual([7, '']);
      const lines = stderr.trimEnd().split('\n');
      expect(lines.every((line) => line.startsWith('error[invalid_config]: '))).toBe(true);
      for (const said of [
        /0\.0\.0\.0 can be reached/,
        /--trusted-proxy nonsense/,
        /--trusted-proxy 10\.0\.0\.0\/99/,
        /--allow-origin nowhere/,
        /none\.pem/,
        /--bootstrap-token-file is for/,
        /--audit-reads shop/,
      ])
        expect(lines.filter((line) => said.test(line))).toHaveLength(1);
      expect(existsSync(join(directory, 'data'))).toBe(false);
    });
  });

  it('says of a secret that is empty that it is', async () => {
    await withDirectory(async (directory) => {
      const empty = join(directory, 'empty');
      writeFileSync(empty, '\n', { mode: 0o600 });
      const check = (args: readonly string[]) => confer(['serve', ...args, '--check-config']);
      const etcd = ['--engine', 'etcd', '--etcd', 'http://127.0.0.1:1', '--etcd-user', 'root'];
      const password = await check([...etcd, '--etcd-password-file', empty]);
      expect(password.stderr).toMatch(/no password in .*: it is empty/);
      const token = await check(['--auth', 'on', '--bootstrap-token-file', empty]);
      expect(token.stderr).toMatch(/holds no whole token/);
      expect([password.code, token.code]).toEqual([7, 7]);
    });
  });
});

/** Whether a page of this origin may connect. */
async function lets(port: number, origin: string): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}/v1`, { headers: { origin } });
  return response.status !== 403;
}

describe('SIGHUP', () => {
  it('brings into force what can be, names what cannot, and leaves all as it was where it is wrong', async () => {
    await withDirectory(async (directory) => {
      const file = join(directory, 'confer.yaml');
      const origins = (text: string) => writeFileSync(file, text);
      origins('allow-origin: [https://one.example]\n');
      const args = ['--config', file, '--data', join(directory, 'data'), '--audit', 'best-effort'];
      const { program, port } = await serve(args);
      running.push(program);
      const [one, two] = ['https://one.example', 'https://two.example'];
      const hangUp = async (says: RegExp) => {
        const before = program.stderr.length;
        program.child.kill('SIGHUP');
        await program.saw(({ stderr }) => says.test(stderr.slice(before)) || undefined);
      };
      expect([await lets(port, one), await lets(port, two)]).toEqual([true, false]);

      origins('allow-origin: [https://two.example]\ntransport: ws\n');
      await hangUp(/warn these settings have changed, and need a restart settings=transport\n/);
      expect(program.stderr).toMatch(/info the settings were read again changed=allow-origin\n/);
      expect([await lets(port, one), await lets(port, two)]).toEqual([false, true]);

      origins('allow-origin: [https://one.example]\nkeep: { age: soon }\n');
      await hangUp(
        /error the settings stay as they were: confer\.yaml:2:9: keep\.age takes a time/,
      );
      origins('allow-origin: [nowhere]\n');
      await hangUp(/error the settings stay as they were: --allow-origin nowhere is no origin/);
      expect([await lets(port, one), await lets(port, two)]).toEqual([false, true]);
      const { code } = await program.kill('SIGTERM');
      expect(code).toBe(0);
      const audit = await confer(['audit', '--data', join(directory, 'data'), '-o', 'ndjson']);
      expect(audit.stdout.match(/"reload"/g)).toHaveLength(1);
    });
  });

  it.skipIf(!canMakeTerminals)(
    'ends a server whose terminal is closed, in order (skipped without script of util-linux)',
    async () => {
      await withDirectory(async (directory) => {
        const port = await freePort();
        const data = join(directory, 'data');
        const cli = fileURLToPath(new URL('../../cli/dist/main.js', import.meta.url));
        const at = `--listen 127.0.0.1:${port} --data ${data} --audit best-effort`;
        const terminal = new Pty(`${process.execPath} ${cli} serve ${at}`, {});
        await terminal.saw('listens on');
        const url = `http://127.0.0.1:${port}`;
        expect((await confer(['set', '/a', '1'], { url })).code).toBe(0);
        await terminal.kill();
        await terminal.ended;
        // It says goodbye and lets go of its data, which another one can have.
        const next = await takesOver(data);
        running.push(next.program);
        expect((await confer(['get', '/a', '-o', 'raw'], { url: next.url })).stdout).toBe('1');
        expect((await confer(['audit', '--data', data, '-o', 'ndjson'])).stdout).toContain(
          '"stop"',
        );
      });
    },
  );
});

/** Tries until the directory is free: nobody tells when a process ends that has no terminal and no parent. */
async function takesOver(data: string): Promise<{ program: Program; url: string }> {
  for (;;) {
    const program = startConfer([
      'serve',
      '--listen',
      `127.0.0.1:${await freePort()}`,
      '--data',
      data,
    ]);
    const found = await program.saw(({ stdout, stderr }) => {
      if (/^error\[/m.test(stderr)) return 'taken';
      return /^(http:\S+)\n/.exec(stdout)?.[1];
    });
    if (found !== 'taken') return { program, url: found };
    await program.finished;
  }
}
