// Many clients in one process that follow one service: says when all of them see so many instances.
import { connect } from '@confer/client';

const [url = '', count = '1'] = process.argv.slice(2);
const clients = Array.from({ length: Number(count) }, () => connect(url));
const all = clients.map((client) => client.discover('orders'));
await Promise.all(all.map((discovery) => discovery.ready({ timeoutMs: 60_000 })));
/** When each of them saw a change last, and what it had then. */
const lastAt = all.map(() => 0);
for (const [i, discovery] of all.entries())
  discovery.on('change', () => {
    lastAt[i] = Date.now();
  });
let said = -1;
setInterval(() => {
  const counts = new Set(all.map(({ instances }) => instances.length));
  const [only = 0] = counts;
  if (counts.size > 1 || only === said) return;
  said = only;
  const sorted = lastAt.toSorted((a, b) => a - b);
  const figures = {
    instances: only,
    first: sorted[0],
    median: sorted[sorted.length >> 1],
    last: sorted.at(-1),
  };
  console.log(JSON.stringify(figures));
}, 10);
