/**
 * A fleet of workers that share their configuration. One of them is of an older version, whose schema takes less: what
 * it cannot use it refuses, says so to the server, and works on with the last good one.
 *
 *     node examples/fleet/fleet.mjs
 *     node cli/dist/main.js set /fleet/batch-size 500      # too much for the older one
 *     node cli/dist/main.js subscribers /fleet
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const { WORKERS = '4' } = process.env;
const script = fileURLToPath(new URL('worker.mjs', import.meta.url));

const workers = Array.from({ length: Number(WORKERS) }, (_, i) => {
  const version = i === 0 ? '1.0.0' : '2.0.0';
  return fork(script, [`worker-${i + 1}`, version], { stdio: 'inherit' });
});

let isEnding = false;
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => {
    isEnding = true;
    for (const worker of workers) worker.kill('SIGTERM');
  });
for (const worker of workers)
  worker.on('exit', (code, signal) => {
    if (!isEnding) console.error(`a worker ended (${signal ?? code})`);
  });
