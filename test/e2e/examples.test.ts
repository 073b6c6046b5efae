import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Browser, isChromiumHere } from '../support/browser.ts';
import { confer, freePort, Program, serve, withDirectory } from '../support/process.ts';

const SOON = { timeout: 15_000, interval: 20 };
const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url));

function example(script: string, env: Record<string, string>): Program {
  const program = new Program(join(EXAMPLES, script), [], { env });
  onTestFinished(() => void program.kill());
  return program;
}

/** Waits until a program has said something that looks so. */
function said(program: Program, pattern: RegExp): Promise<RegExpExecArray> {
  return program.saw(({ stdout, stderr }) => pattern.exec(stdout + stderr) ?? undefined);
}

async function server(args: readonly string[] = ['--memory'], port?: number) {
  const running = await serve(args, port);
  onTestFinished(() => void running.program.kill());
  return running;
}

/** Sets values, by their paths. */
async function set(url: string, values: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, value] of Object.entries(values))
    expect(await confer(['set', path, '--', value], { url })).toMatchObject({ code: 0 });
}

test('the HTTP service takes new limits while it runs, refuses bad ones, and starts without its server', async () => {
  await withDirectory(async (directory) => {
    const data = ['--data', join(directory, 'data')];
    const { url, port, program } = await server(data);
    await set(url, { '/http-service/greeting': 'good day' });
    const env = { CONFER_URL: url, PORT: '0', SNAPSHOTS: join(directory, 'kept') };
    const service = example('http-service/service.mjs', env);
    const at = (program: Program) => said(program, /^(http:\S+) runs with settings from: (.*)$/m);
    const [, own = '', source] = await at(service);
    expect(source).toBe('server');
    const post = (body: string) => fetch(own, { method: 'POST', body });
    expect(await (await post('1234')).text()).toBe('good day, with 4 bytes\n');
    await vi.waitFor(async () => expect((await fetch(own)).status).toBe(429), {
      ...SOON,
      interval: 1,
    });
    await set(url, { '/http-service/limits/requests-per-second': '5000' });
    await said(service, /limits.requests-per-second: 5 -> 5000/);
    await vi.waitFor(async () => expect((await post('x'.repeat(65))).status).toBe(413), SOON);
    await set(url, { '/http-service/limits/body-bytes': '100' });
    await vi.waitFor(async () => expect((await post('x'.repeat(65))).status).toBe(200), SOON);
    await set(url, { '/http-service/limits/body-bytes': 'plenty' });
    await said(service, /kept the last good settings: .*\n {2}limits.body-bytes: /);
    expect((await post('x'.repeat(65))).status).toBe(200);
    await set(url, { '/http-service/limits/body-bytes': '70' });
    expect((await service.kill('SIGTERM')).code).toBe(0);
    await program.kill();
    const again = example('http-service/service.mjs', env);
    const [, second = '', from] = await at(again);
    expect(from).toBe('snapshot');
    expect((await fetch(second, { method: 'POST', body: 'x'.repeat(71) })).status).toBe(413);
    await server(data, port);
    await set(url, { '/http-service/greeting': 'welcome back' });
    await said(again, /greeting: good day -> welcome back/);
  });
});

test('of the fleet, the older worker refuses what it cannot use and works on; the server shows which one and why', async () => {
  const { url } = await server();
  await set(url, { '/fleet/batch-size': '50' });
  const fleet = example('fleet/fleet.mjs', { CONFER_URL: url, WORKERS: '3' });
  await said(fleet, /(began with[\s\S]*){3}/);
  await set(url, { '/fleet/batch-size': '500' });
  await said(fleet, /worker-1 1\.0\.0: refused: batch-size: /);
  await said(fleet, /(2\.0\.0: works with \{"batch-size":500,"paused":false\}[\s\S]*){2}/);
  await vi.waitFor(async () => {
    const { code, stdout } = await confer(['subscribers', '/fleet'], { url });
    expect(stdout).toMatch(/^2 of 3 at 2, 1 rejected: batch-size: /);
    expect(stdout).toMatch(/\nworker-1 1\.0\.0 .* rejected +2: batch-size/);
    expect(code).toBe(1);
  }, SOON);
  await set(url, { '/fleet/batch-size': '60', '/fleet/paused': 'true' });
  await said(fleet, /worker-1 1\.0\.0: works with \{"batch-size":60,"paused":true\}/);
  expect((await fleet.kill('SIGTERM')).code).toBe(0);
});

test('the page is served under a policy for its own scripts alone, and nothing else is', async () => {
  const port = await freePort();
  const page = example('flags-page/serve.mjs', { PORT: String(port) });
  await said(page, new RegExp(`open http://127.0.0.1:${port}`));
  const response = await fetch(`http://127.0.0.1:${port}/`);
  expect(response.headers.get('content-security-policy')).toContain("script-src 'self'");
  expect((await fetch(`http://127.0.0.1:${port}/../package.json`)).status).toBe(404);
});

test.runIf(isChromiumHere)(
  'the page shows flags as they change, and begins with those it kept while the server is away (with Chromium)',
  { timeout: 90_000 },
  async () => {
    await withDirectory(async (directory) => {
      const data = ['--data', join(directory, 'data')];
      const { url, port, program } = await server(data);
      await set(url, { '/flags/banner': 'hello', '/flags/<b>bold</b>': '1' });
      const page = example('flags-page/serve.mjs', { CONFER_URL: url, PORT: '0' });
      const [, address = ''] = await said(page, /open (http:\S+)/);
      const browser = await Browser.launch(join(directory, 'profile'));
      onTestFinished(() => browser.close());
      const tab = await browser.open(address);
      const status = 'document.getElementById("status").textContent';
      const banner = 'document.getElementById("banner")';
      await tab.until(`${banner}.textContent === "hello" && !${banner}.hidden`);
      expect(await tab.evaluate('document.querySelectorAll("b").length')).toBe(0);
      await set(url, { '/flags/dark': 'true' });
      await tab.until('document.body.classList.contains("dark")');
      await tab.until('localStorage.getItem("confer:flags-page:/flags")?.includes("dark")');
      await program.kill();
      await tab.until(`${status} === "stale"`);
      await tab.close();
      const second = await browser.open(address);
      await second.until(`${status} === "stale" && ${banner}.textContent === "hello"`);
      await server(data, port);
      await set(url, { '/flags/banner': 'back again' });
      await second.until(`${status} === "live" && ${banner}.textContent === "back again"`);
      await set(url, { '/flags/banner': '' });
      await second.until(`${banner}.hidden`);
    });
  },
);
