import { expect, inject, it } from 'vitest';
import { connectRaw, host, pair, until, upgradeHead } from './scene.contract.ts';
import { transportContract } from './transport.contract.ts';
import { loadUws } from './uws.ts';
import { wsTransport } from './ws.ts';

transportContract(wsTransport, inject('uwsIsHere') ? await loadUws() : wsTransport);

it('W10 receives no more of a first frame than a first frame may have', async () => {
  const at = await host(wsTransport, {}, { firstFrameBytesMax: 1_000 });
  const raw = await connectRaw(at.listener);
  raw.tcp.write(`${upgradeHead}\r\n`);
  await until(() => at.peers.length === 1);
  // The head of a text frame of 4 MiB, and a part of it.
  raw.tcp.write(Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0]));
  raw.tcp.write('x'.repeat(2_000));
  await until(() => at.peers[0]?.closes.length === 1);
  expect(at.peers[0]).toMatchObject({ closes: [4413], badFrames: ['too large'], messages: [] });
  await until(() => raw.received.includes('frame_too_large'));
  const known = await pair(at);
  known.client.ws.send('x'.repeat(900));
  known.client.ws.send('x'.repeat(100_000));
  await until(() => known.peer.messages.length === 2);
  expect(known.peer.closes).toEqual([]);
});
