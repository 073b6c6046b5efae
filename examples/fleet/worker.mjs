/** One worker of the fleet: takes so many jobs at a time as its configuration says. */
import { connect } from '@confer/client';
import { z } from 'zod';

const [name, version] = process.argv.slice(2);
const { CONFER_URL = 'http://127.0.0.1:7480' } = process.env;
const say = (text) => console.log(`${name} ${version}: ${text}`);

/** Version 1 had room for a hundred jobs. */
const batchSizeMax = version.startsWith('1.') ? 100 : 1_000;
const Config = z.object({
  'batch-size': z.number().int().min(1).max(batchSizeMax).default(10),
  paused: z.boolean().default(false),
});

const client = connect(CONFER_URL, { client: { name, version } });
const config = client.config('/fleet', Config);
config.on('error', ({ issues }) => {
  say(`refused: ${issues.map(({ key, message }) => `${key}: ${message}`).join('; ')}`);
});
config.onChange((next) => say(`works with ${JSON.stringify(next)}`));

await config.ready({ timeoutMs: Number.POSITIVE_INFINITY });
say(`began with ${JSON.stringify(config.current)}`);

async function end() {
  await client.close();
  // The channel to who started it would keep it alive.
  if (process.connected) process.disconnect();
}
process.once('SIGTERM', end);
process.once('SIGINT', end);
// Whoever started the fleet is gone.
process.once('disconnect', end);
