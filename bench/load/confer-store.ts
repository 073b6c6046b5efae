import {
  type FillOptions,
  keyOf,
  type Reader,
  type ReaderOptions,
  type Store,
  type Synced,
} from './driver.ts';
import { signal } from './signal.ts';
import { HELLO_TEXT } from './token.ts';
import { eachValue, valueText } from './value.ts';
import { frameOf, WebSocketWire } from './websocket.ts';

const PATH = '/v1';
const HELLO = frameOf(HELLO_TEXT);
const OPERATIONS = 10_000;
const TYPE_AT = 9;
/** `snapshot`, `difference` and `commits` have values; `synced` begins like the first. */
const [S, N, D, C] = [...Buffer.from('sndc')];

export const conferStore: Store = { resumes: true, fill, read };

async function fill({ port, subtree, entries, valueBytes }: FillOptions): Promise<void> {
  let answered = signal();
  const wire = new WebSocketWire(port, PATH, (bytes, start, end) => {
    const message: Message = JSON.parse(bytes.toString('utf8', start, end));
    if (message.type === 'heartbeat') wire.send(beat(message.revision));
    else if (message.type === 'error') throw new Error(JSON.stringify(message));
    else answered.come();
  });
  await wire.opened;
  wire.send(HELLO);
  await answered.came;
  for (let from = 1; from <= entries; from += OPERATIONS) {
    const operations = Array.from({ length: Math.min(OPERATIONS, entries - from + 1) }, (_, i) => ({
      type: 'put',
      path: `/${subtree}/${keyOf(from + i)}`,
      value: valueText(from + i, valueBytes),
    }));
    const requestId = `fill-${process.pid}-${subtree}-${from}`;
    answered = signal();
    const message = JSON.stringify({ type: 'commit', id: 1, requestId, operations });
    wire.send(inPieces(message));
    await answered.came;
  }
  wire.close();
}

/** A state watch, as a mirror has it. */
function read({ port, subtree, after }: ReaderOptions): Reader {
  let entries = 0;
  let sum = 0;
  let epoch = '';
  let done: (synced: Synced) => void = () => {};
  const synced = new Promise<Synced>((resolve) => {
    done = resolve;
  });
  const wire = new WebSocketWire(port, PATH, (bytes, start, end) => {
    if (hasValues(bytes, start)) {
      entries += eachValue(bytes, start, end, (sequence) => {
        sum += sequence;
      });
      return;
    }
    const message: Message = JSON.parse(bytes.toString('utf8', start, end));
    if (message.type === 'welcome') {
      epoch = message.epoch ?? '';
      const path = `/${subtree}`;
      wire.send(frameOf(JSON.stringify({ type: 'watch', id: 1, path, mode: 'state', after })));
    } else if (message.type === 'synced')
      done({
        entries,
        sum,
        bytes: wire.bytesRead,
        place: { epoch, revision: message.revision ?? 0 },
      });
    else if (message.type === 'heartbeat') wire.send(beat(message.revision));
    else if (message.type !== 'watching') throw new Error(JSON.stringify(message));
  });
  void wire.opened.then(() => wire.send(HELLO));
  return { synced, close: () => wire.close() };
}

interface Message {
  readonly type: string;
  readonly epoch?: string;
  readonly revision?: number;
}

function hasValues(bytes: Buffer, start: number): boolean {
  const first = bytes[start + TYPE_AT];
  return first === D || first === C || (first === S && bytes[start + TYPE_AT + 1] === N);
}

function beat(revision: number | undefined): Buffer {
  return frameOf(JSON.stringify({ type: 'heartbeat', applied: revision }));
}

/** A message of ASCII, in frames of at most 16 KiB: each but the last begins with a `+`. */
function inPieces(message: string): Buffer {
  const pieces = message.match(/.{1,16000}/gs) ?? [];
  const last = pieces.length - 1;
  return Buffer.concat(pieces.map((piece, i) => frameOf(i < last ? `+${piece}` : piece)));
}
