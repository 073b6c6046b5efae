import { encode } from '@confer/shared';
import { expect, it } from 'vitest';
import { NOBODY } from '../transport/socket.ts';
import { type WatchFrame, WatchingSocket } from './watching-socket.ts';

const limits = {
  ...{ pathBytesMax: 1, valueBytesMax: 1, frameBytesMax: 1, messageBytesMax: 1 },
  ...{ operationsMax: 1, watchesMax: 1, requestsMax: 1, commitBytesMax: 1, waitingBytesMax: 1 },
};
const welcome = encode({
  ...{ type: 'welcome', version: 1, session: 's', epoch: 'e', timeline: 't' },
  ...{ revision: 19, heartbeatMs: 10_000, limits },
});
const heartbeat = encode({ type: 'heartbeat', revision: 19 });

it('W3 leads no reader past what it has yet to be told, by a heartbeat that came before its watch', async () => {
  const taken: WatchFrame[] = [];
  let beats = 0;
  const reader = {
    ...{ bufferedBytes: 0, writable: true },
    ...{ begin: () => {}, end: () => {}, drop: () => {} },
    take: (frame: WatchFrame) => {
      taken.push(frame);
      return false;
    },
  };
  const peer = { remote: '', address: '', isProxied: false, certificateName: undefined };
  const after = { epoch: 'e', revision: 11 };
  const watch = { path: '/d', mode: 'events', after } as const;
  const parts = { peer, transport: 'sse', token: undefined, watch, reader } as const;
  const session = { ...NOBODY, beat: () => void beats++ };
  const socket = new WatchingSocket({ ...parts, onOver: () => {} }, () => session);
  socket.send(welcome);
  socket.send(heartbeat);
  socket.send(encode({ type: 'goodbye', code: 'shutting_down', message: '', retryInMs: 1 }));
  socket.send(encode({ type: 'watching', id: 0, watch: 'w1', revision: 11 }));
  await Promise.resolve();
  expect(taken).toEqual([expect.stringContaining('goodbye')]);
  // It is told anew how far its own watch is.
  expect(beats).toBe(1);
});
