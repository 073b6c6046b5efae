import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RawSocket } from '../support/raw-socket.ts';
import { FAULTY_TRANSPORTS } from '../support/transports.ts';
import { beside } from './bystander.ts';
import { type RealServer, Scene, until } from './scene.ts';

const HEARTBEAT_MS = 300;
const MIB = 2 ** 20;
/** Four connections of it fill what the kernel holds for a peer that does not read. */
const BIG_MIB = 8;
const GARBAGE = 10_000;
const BAD_REQUESTS = 5_000;
/** A connection has at most 1,000 requests waiting. */
const AT_ONCE = 500;
const WATCHES_MAX = 10_000;
/** The first bytes of a frame of 16 KiB, whose mask is zero. */
const FRAME_HEAD = Buffer.from([0x81, 0xfe, 0x40, 0, 0, 0, 0, 0]);

type Misbehave = (url: string) => Promise<void>;

const garbage: Misbehave = async (url) => {
  const raw = await RawSocket.welcomed(url);
  for (let i = 0; i < GARBAGE; i++) raw.sendFrame('garbage');
  expect(await raw.end()).toMatchObject({ code: 4400 });
};

const badRequests: Misbehave = async (url) => {
  const raw = await RawSocket.welcomed(url);
  for (let id = 0; id < BAD_REQUESTS; ) {
    for (let i = 0; i < AT_ONCE; i++) raw.send({ type: 'dance', id: id++ });
    for (let i = 0; i < AT_ONCE; i++) expect((await raw.next('error')).code).toBe('unknown_type');
  }
  raw.close();
};

const halfAFrame: Misbehave = async (url) => {
  const raw = await RawSocket.welcomed(url);
  raw.sendBytes(FRAME_HEAD);
  await until('it is ended', () => {
    raw.sendBytes(Buffer.from('x'));
    return raw.closed !== undefined;
  });
};

const beatless: Misbehave = async (url) => {
  const raw = await RawSocket.welcomed(url);
  expect(await raw.end()).toMatchObject({ code: 4408 });
};

const stuck: Misbehave = async (url) => {
  const raw = await RawSocket.welcomed(url);
  raw.pause(true);
  for (let id = 0; id < 20; id++) raw.send({ type: 'list', id, path: '/big' });
  // A peer that does not read sees nothing of its end.
  const other = await RawSocket.welcomed(url);
  await alone(other);
  raw.close();
};

const greedy: Misbehave = async (url) => {
  const raw = await RawSocket.welcomed(url);
  raw.pause(true);
  for (let id = 0; id < 1_200; id++) raw.send({ type: 'list', id, path: '/big' });
  const other = await RawSocket.welcomed(url);
  await alone(other);
  raw.close();
};

/** Waits until the server has no connections but this one and the bystander's. */
async function alone(raw: RawSocket): Promise<void> {
  for (let id = 0; ; id++) {
    raw.send({ type: 'status', id });
    const { connections } = await raw.next('status');
    if (connections === 2) break;
  }
  raw.close();
}

const watches: Misbehave = async (url) => {
  for (let connection = 0; connection < 3; connection++) {
    const raw = await RawSocket.welcomed(url);
    for (let id = 0; id <= WATCHES_MAX; id++)
      raw.send({ type: 'watch', id, path: `/watched/${connection}/${id}`, mode: 'events' });
    expect(await raw.next('error')).toMatchObject({ id: WATCHES_MAX, code: 'too_many_watches' });
    raw.close();
  }
};

const speechless: Misbehave = async (url) => {
  const silent = Array.from({ length: 500 }, () => new RawSocket(url));
  await Promise.all(silent.map((raw) => raw.opened()));
  for (const raw of silent) raw.close();
};

const CASES: readonly [string, Misbehave, Readonly<Record<string, number>>][] = [
  [
    'sends garbage, ten thousand times',
    garbage,
    { framesRefused: 1, 'connectionsEnded.bad_message': 1 },
  ],
  [
    'asks for what there is not, again and again',
    badRequests,
    { requestsTaken: BAD_REQUESTS, 'requestsRefused.unknown_type': BAD_REQUESTS },
  ],
  ['never ends its frame', halfAFrame, { silentPeers: 1, 'connectionsEnded.silent': 1 }],
  ['answers no heartbeat', beatless, { silentPeers: 1, 'connectionsEnded.silent': 1 }],
  ['asks and does not read', stuck, { stuckPeers: 1, 'connectionsEnded.silent': 1 }],
  ['asks and asks and does not read', greedy, { 'connectionsEnded.too_many_requests': 1 }],
  [
    'opens ten thousand watches, on three connections',
    watches,
    { watchesOpened: 3 * WATCHES_MAX, watchesRefused: 3, 'requestsRefused.too_many_watches': 3 },
  ],
  ['connects five hundred times and says no hello', speechless, { connectionsOpened: 500 }],
];

describe.each(FAULTY_TRANSPORTS)('W10 others do not notice, over %s,', (transport) => {
  const scene = new Scene('nothing is kept');
  let server: RealServer;
  beforeAll(async () => {
    server = await scene.server({ engine: 'memory', transport, heartbeatMs: HEARTBEAT_MS });
    const filler = scene.client(server.url);
    for (let i = 0; i < BIG_MIB; i++) await filler.set(`/big/${i}`, 'x'.repeat(MIB - 1));
    await filler.close();
  });
  afterAll(() => scene.end());

  it.each(CASES)('a client that %s', async (title, misbehave, expected) => {
    const act = () => misbehave(server.url);
    const { counted, growthMiB } = await beside(scene, server, `${title}, ${transport}`, act);
    expect(counted).toMatchObject(expected);
    expect(growthMiB).toBeLessThan(150);
  });
});
