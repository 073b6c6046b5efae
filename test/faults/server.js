// A server with settings that the command line does not offer, such as a quick heartbeat. Answers each
// line on stdin with one line of JSON: what it counted, and its longest pause since the last line.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { createServer } from '@confer/server';

const pauses = monitorEventLoopDelay({ resolution: 5 });
const server = await createServer(JSON.parse(process.argv[2]));
process.on('SIGTERM', async () => {
  await server.close();
  process.stdin.destroy();
});
createInterface({ input: process.stdin }).on('line', () => {
  const shown = { counters: server.counters(), pauseMsMax: Math.round(pauses.max / 1e6) };
  process.stdout.write(`${JSON.stringify(shown)}\n`);
  pauses.reset();
});
pauses.enable();
process.stdout.write(`${server.url}\n`);
