import { contendInConfer } from './confer-contender.ts';
import { conferStore } from './confer-store.ts';
import type { Driver, Subscriber, SubscriberOptions, Writer, WriterOptions } from './driver.ts';
import { Requests } from './requests.ts';
import { signal } from './signal.ts';
import { HELLO_TEXT } from './token.ts';
import { eachValue, PLACEHOLDER } from './value.ts';
import { frameOf, WebSocketWire } from './websocket.ts';

const PATH = '/v1';
const HELLO = frameOf(HELLO_TEXT);
/** `{"type":"`: the type of a message begins behind it. */
const TYPE_AT = 9;

/** Request ids must not repeat on a server: one is the name of its writer and a number. */
let writers = 0;

/** Confer over its own protocol, by hand: see shared/PROTOCOL.md. */
export const conferDriver: Driver = {
  isOrdered: true,
  contend: contendInConfer,
  store: conferStore,
  subscribe,
  publisher: write,
  writer: write,
};

function subscribe({ port, subtree, onChange }: SubscriberOptions): Subscriber {
  const ready = signal();
  const wire = new WebSocketWire(port, PATH, (bytes, start, end) => {
    if (isCommits(bytes, start)) eachValue(bytes, start, end, onChange);
    else {
      const message: Message = JSON.parse(bytes.toString('utf8', start, end));
      if (message.type === 'welcome') wire.send(watchOf(subtree));
      else if (message.type === 'watching') ready.come();
      else answerHeartbeat(wire, message);
    }
  });
  void wire.opened.then(() => wire.send(HELLO));
  return {
    ready: ready.came,
    stall: () => wire.stall(),
    resume: () => wire.resume(),
    close: () => wire.close(),
  };
}

function write(options: WriterOptions): Writer {
  const name = `w${writers++}-${process.pid}`;
  const requests = new Requests(options, ({ subtree, key }, value, i) =>
    frameOf(
      JSON.stringify({
        type: 'commit',
        id: i,
        requestId: `${name}-${i}-${PLACEHOLDER}`,
        operations: [{ type: 'put', path: `/${subtree}/${key}`, value }],
      }),
    ),
  );
  const ready = signal();
  const wire = new WebSocketWire(options.port, PATH, (bytes, start, end) => {
    if (isCommitted(bytes, start)) options.onAck();
    else {
      const message: Message = JSON.parse(bytes.toString('utf8', start, end));
      if (message.type === 'welcome') ready.come();
      else answerHeartbeat(wire, message);
    }
  });
  void wire.opened.then(() => wire.send(HELLO));
  return {
    ready: ready.came,
    put: (address, sequence) => requests.put(address, sequence),
    flush: () => wire.send(requests.take()),
    close: () => wire.close(),
  };
}

interface Message {
  readonly type: string;
  readonly revision?: number;
}

function watchOf(subtree: string): Buffer {
  return frameOf(JSON.stringify({ type: 'watch', id: 1, path: `/${subtree}`, mode: 'events' }));
}

function answerHeartbeat(wire: WebSocketWire, message: Message): void {
  if (message.type !== 'heartbeat') throw new Error(`unexpected: ${JSON.stringify(message)}`);
  wire.send(frameOf(JSON.stringify({ type: 'heartbeat', applied: message.revision })));
}

const [C, S, T] = [...Buffer.from('cst')];

/** `commits` differs from `committed` in its seventh letter. */
function isCommits(bytes: Buffer, start: number): boolean {
  return bytes[start + TYPE_AT] === C && bytes[start + TYPE_AT + 6] === S;
}

function isCommitted(bytes: Buffer, start: number): boolean {
  return bytes[start + TYPE_AT] === C && bytes[start + TYPE_AT + 6] === T;
}
