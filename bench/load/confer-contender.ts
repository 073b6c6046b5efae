import type { Contender, ContendOptions } from './driver.ts';
import { signal } from './signal.ts';
import { HELLO_TEXT } from './token.ts';
import { frameOf, WebSocketWire } from './websocket.ts';

const HELLO = frameOf(HELLO_TEXT);

let contenders = 0;

/** A commit under a condition. An answer that refuses it says what is there. */
export function contendInConfer({ port, address, onDone }: ContendOptions): Contender {
  const name = `c${contenders++}-${process.pid}`;
  const path = `/${address.subtree}/${address.key}`;
  const ready = signal();
  let known = { modRevision: 0, value: 0 };
  let attempts = 0;
  const wire = new WebSocketWire(port, '/v1', (bytes, start, end) => {
    const message: Message = JSON.parse(bytes.toString('utf8', start, end));
    if (message.type === 'welcome') ready.come();
    else if (message.type === 'committed') {
      known = { modRevision: message.revision, value: known.value + 1 };
      onDone(known.value);
    } else if (message.type === 'error' && message.code === 'conflict') {
      const { modRevision, value } = message.current;
      known = { modRevision, value: Number(value) };
      onDone(undefined);
    } else if (message.type !== 'heartbeat') throw new Error(JSON.stringify(message));
  });
  void wire.opened.then(() => wire.send(HELLO));
  return {
    ready: ready.came,
    attempt() {
      const message = {
        type: 'commit',
        id: 1,
        requestId: `${name}-${attempts++}`,
        conditions: [{ path, modRevision: known.modRevision }],
        operations: [{ type: 'put', path, value: String(known.value + 1) }],
      };
      wire.send(frameOf(JSON.stringify(message)));
    },
    close: () => wire.close(),
  };
}

type Message =
  | { readonly type: 'welcome' | 'heartbeat' }
  | { readonly type: 'committed'; readonly revision: number }
  | {
      readonly type: 'error';
      readonly code: string;
      readonly current: { readonly modRevision: number; readonly value: string };
    };
