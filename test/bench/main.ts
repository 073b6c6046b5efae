import { connect } from '@confer/client';
import { ServerUnderLoad } from './server-under-load.ts';
import { Subscriber } from './subscriber.ts';

const VALUE = 'x'.repeat(100);
const SUBSCRIBERS = 1_000;
const ROUNDS = 300;
const WRITES = 20_000;
const isJson = process.argv.includes('--json');

interface Result {
  readonly what: string;
  readonly figure: number;
  readonly unit: string;
}

/** Acknowledged, durable writes a second, each writer waiting for the one before. */
async function writes(server: ServerUnderLoad, writers: number): Promise<Result> {
  const clients = Array.from({ length: Math.min(writers, 64) }, () => connect(server.url));
  await Promise.all(clients.map((client) => client.get('/ready')));
  const each = Math.ceil(Math.min(WRITES, writers * 1_000) / writers);
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: writers }, async (_, writer) => {
      const client = clients[writer % clients.length];
      for (let i = 0; i < each; i++) await client?.set(`/writes/${writer}/${i % 50}`, VALUE);
    }),
  );
  const seconds = (performance.now() - startedAt) / 1_000;
  await Promise.all(clients.map((client) => client.close()));
  const figure = Math.round((writers * each) / seconds);
  return { what: `durable writes, ${writers} writers`, figure, unit: '/s' };
}

/** What the server pays to bring changes of one subtree to many subscribers. */
async function fanOut(server: ServerUnderLoad): Promise<Result[]> {
  const idleKb = server.residentKb();
  const subscribers = Array.from(
    { length: SUBSCRIBERS },
    () => new Subscriber(server.url, '/fan-out'),
  );
  await Promise.all(subscribers.map(({ synced }) => synced));
  const each = (server.residentKb() - idleKb) / SUBSCRIBERS;
  const results = [
    { what: 'memory of a watching connection', figure: round(each), unit: 'kB' },
    await burst(server, subscribers, 1),
    await burst(server, subscribers, 10),
  ];
  await Promise.all(subscribers.map((subscriber) => subscriber.close()));
  return results;
}

async function burst(
  server: ServerUnderLoad,
  subscribers: readonly Subscriber[],
  size: number,
): Promise<Result> {
  const delivered = () => subscribers.reduce((sum, { changes }) => sum + changes, 0);
  const writer = connect(server.url);
  await writer.get('/ready');
  const before = delivered();
  const cpuMs = server.cpuMs();
  const expected = ROUNDS * size * subscribers.length;
  for (let round = 0; round < ROUNDS; round++)
    await Promise.all(
      Array.from({ length: size }, (_, i) => writer.set(`/fan-out/${i}`, `${round} ${VALUE}`)),
    );
  while (delivered() - before < expected) await new Promise((next) => setTimeout(next, 5));
  const figure = round(((server.cpuMs() - cpuMs) * 1_000) / expected);
  await writer.close();
  const how = size === 1 ? 'one at a time' : `${size} at a time`;
  return { what: `server CPU per delivered change, ${how}`, figure, unit: 'us' };
}

function round(figure: number): number {
  return Math.round(figure * 100) / 100;
}

const server = await ServerUnderLoad.start();
const results = [
  await writes(server, 1),
  await writes(server, 64),
  await writes(server, 256),
  ...(await fanOut(server)),
];
await server.stop();

if (isJson) console.log(JSON.stringify(results, null, 2));
else
  for (const { what, figure, unit } of results) console.log(`${what.padEnd(52)} ${figure} ${unit}`);
