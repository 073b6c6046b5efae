import {
  type Server as HttpServer,
  createServer as listenHttp,
  type RequestListener,
} from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { confer } from '../scene.contract.ts';

let server: HttpServer | undefined;
afterEach(() => server?.close());

/** Something that answers over HTTP; returns its URL. */
function answering(answer: RequestListener): Promise<string> {
  const listening = listenHttp(answer);
  server = listening;
  return new Promise((resolve) => {
    listening.listen(0, '127.0.0.1', () => {
      const address = listening.address();
      resolve(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
    });
  });
}

test('whatever else answers there is no health, and does not reach the terminal as it is', async () => {
  const url = await answering((_, response) => {
    response.writeHead(200);
    response.end(`\x1b]0;title\x07${'x'.repeat(1_000)}\n`.repeat(50));
  });
  const { exitCode, out } = await confer(['health', '--url', url]);
  expect(exitCode).toBe(1);
  expect(out).toMatch(/^HTTP 200\n/);
  expect(out).not.toContain('\x1b');
  expect(out.length).toBeLessThan(16 * 1024);
});

test('a page of another kind is shown with its status, and is no health', async () => {
  const url = await answering((_, response) => {
    response.writeHead(302, { location: 'http://127.0.0.1:1/readyz' });
    response.end('moved\n');
  });
  expect(await confer(['health', '--url', url])).toEqual({
    exitCode: 1,
    out: 'HTTP 302\nmoved\n',
    err: '',
  });
});

test('a token goes along where more is asked for, and nowhere else', async () => {
  const seen: (string | undefined)[] = [];
  const url = await answering(({ url: path, headers }, response) => {
    seen.push(`${path} ${headers.authorization}`);
    response.end('ready\n');
  });
  const env = { CONFER_TOKEN: 'cfr_secret' };
  await confer(['health', '--url', url], { env });
  await confer(['health', '--url', url, '--live'], { env });
  await confer(['health', '--url', url, '--verbose'], { env });
  expect(seen).toEqual([
    '/readyz undefined',
    '/livez undefined',
    '/readyz?verbose Bearer cfr_secret',
  ]);
});

test('a server that is not there is not well', async () => {
  const { exitCode, out } = await confer(['health', '--url', 'http://127.0.0.1:1']);
  expect({ exitCode, out }).toEqual({
    exitCode: 1,
    out: expect.stringMatching(/^no answer: .*ECONNREFUSED/),
  });
});

test('several are each asked, and one that is down is enough', async () => {
  const url = await answering((_, response) => response.end('ready\n'));
  const { exitCode, out } = await confer(['health', '--url', `${url},http://127.0.0.1:1`]);
  expect(exitCode).toBe(1);
  expect(out).toMatch(new RegExp(`^${url}\n {2}ready\nhttp://127.0.0.1:1\n {2}no answer`));
});
