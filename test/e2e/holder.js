// A program as a user would write one: takes a lease, puts what goes with it, and says what becomes of it.
import { connect } from '@confer/client';

const [url, ttlMs, path] = process.argv.slice(2);
const confer = connect(url.split(','), { client: { name: 'holder' } });
const lease = await confer.lease({ ttlMs: Number(ttlMs), name: 'a holder' });
await confer.set(path, String(process.pid), { lease: lease.id });
lease.signal.addEventListener('abort', () => process.stdout.write(`lost ${Date.now()}\n`));
process.stdout.write(`held ${lease.id}\n`);
process.stdin.on('data', () => process.stdout.write(`${lease.status} ${Date.now()}\n`));
