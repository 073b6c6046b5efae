// One mirror of everything, looked at all the time: "/first" and "/last" are always written together,
// so whoever sees them differ sees half a commit. Answers each line on stdin with one line of JSON.
import { createInterface } from 'node:readline';
import { connect } from '@confer/client';

const [, , url] = process.argv;
const client = connect(url, { retry: { initialMs: 5, maxMs: 50 } });
const mirror = client.mirror('/');
const sizes = new Set();
let torn = 0;
let residentMax = 0;

function look() {
  sizes.add(mirror.size);
  if (mirror.value('/first') !== mirror.value('/last')) torn += 1;
  residentMax = Math.max(residentMax, process.memoryUsage.rss());
}

mirror.on('change', look);
setInterval(look, 1);

createInterface({ input: process.stdin }).on('line', () => {
  const residentMiBMax = Math.round(residentMax / 2 ** 20);
  const { status, revision = 0, size } = mirror;
  const shown = { status, revision, size, sizes: [...sizes], torn, residentMiBMax };
  process.stdout.write(`${JSON.stringify(shown)}\n`);
});
process.stdout.write('started\n');
