/**
 * An HTTP service whose limits change while it runs: how many requests a second it takes, how large a body may be, and
 * what it says. It starts without its configuration server, too, with what it ran with last.
 *
 *     node examples/http-service/service.mjs
 */
import { createServer } from 'node:http';
import { connect, fileSnapshot } from '@confer/client';
import { z } from 'zod';

const { CONFER_URL = 'http://127.0.0.1:7480', PORT = '8080', SNAPSHOTS } = process.env;

const Settings = z.object({
  greeting: z.string().min(1),
  limits: z.object({
    'requests-per-second': z.number().int().min(1).max(10_000),
    'body-bytes': z.number().int().min(1).max(1_048_576),
  }),
});

const client = connect(CONFER_URL, {
  client: { name: 'http-service', version: '1.0.0' },
  ...(SNAPSHOTS && { snapshot: fileSnapshot(SNAPSHOTS) }),
});
const settings = client.config('/http-service', Settings, {
  defaults: { greeting: 'hello', limits: { 'requests-per-second': 5, 'body-bytes': 64 } },
});
settings.on('error', ({ message }) => console.error(`kept the last good settings: ${message}`));
settings.onChange((_next, _previous, difference) => {
  for (const { key, previous, next } of difference) console.log(`${key}: ${previous} -> ${next}`);
});

// As long as the server of the configuration is down, with what is at hand; if it refuses us, not at all.
const { source } = await settings.ready({
  timeoutMs: 5_000,
  accept: ['server', 'snapshot', 'defaults'],
});

/** How many requests may still come: as many a second as the settings say, at any moment. */
let left = settings.current.limits['requests-per-second'];
const refill = setInterval(() => {
  left = settings.current.limits['requests-per-second'];
}, 1_000);

const http = createServer((request, response) => {
  const { greeting, limits } = settings.current;
  if (left <= 0) return response.writeHead(429, { 'retry-after': '1' }).end('slow down\n');
  left -= 1;
  let bytes = 0;
  request.on('data', (chunk) => {
    bytes += chunk.length;
    if (bytes > limits['body-bytes'] && !response.headersSent)
      response.writeHead(413).end(`at most ${limits['body-bytes']} bytes\n`);
  });
  request.on('end', () => {
    if (!response.headersSent) response.end(`${greeting}, with ${bytes} bytes\n`);
  });
});
http.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${http.address().port} runs with settings from: ${source}`);
});

for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, async () => {
    clearInterval(refill);
    http.close();
    await client.close();
  });
