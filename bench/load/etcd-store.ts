import {
  type FillOptions,
  keyOf,
  type Reader,
  type ReaderOptions,
  type Store,
  type Synced,
} from './driver.ts';
import { callOf, GrpcWire } from './grpc.ts';
import { bytesField, eachField, numberField } from './protobuf.ts';
import { signal } from './signal.ts';
import { eachValue, valueText } from './value.ts';

/** What etcd takes in one transaction. */
const OPERATIONS = 128;

export const etcdStore: Store = { resumes: true, fill, read };

async function fill({ port, subtree, entries, valueBytes }: FillOptions): Promise<void> {
  let answered = signal();
  const wire = new GrpcWire(port, { onMessage: () => {}, onEnd: () => answered.come() });
  await wire.opened;
  for (let from = 1; from <= entries; from += OPERATIONS) {
    const puts = Array.from({ length: Math.min(OPERATIONS, entries - from + 1) }, (_, i) => {
      const key = bytesField(1, `/${subtree}/${keyOf(from + i)}`);
      const put = Buffer.concat([key, bytesField(2, valueText(from + i, valueBytes))]);
      return bytesField(2, bytesField(2, put));
    });
    answered = signal();
    wire.send([callOf('/etcdserverpb.KV/Txn', Buffer.concat(puts))]);
    await answered.came;
  }
  wire.close();
}

/**
 * All in one answer, as etcd's own client has it, then a watch from behind its revision; with a place,
 * only the watch. Pages would cost more: for each, etcd looks at all keys behind it.
 */
function read({ port, subtree, expected, after }: ReaderOptions): Reader {
  let entries = 0;
  let sum = 0;
  let revision = after?.revision ?? 0;
  let isWatching = false;
  let isCreated = false;
  let done: (synced: Synced) => void = () => {};
  const synced = new Promise<Synced>((resolve) => {
    done = resolve;
  });
  const look = () => {
    if (isCreated && entries >= expected)
      done({ entries, sum, bytes: wire.bytesRead, place: { epoch: '', revision } });
  };
  const wire = new GrpcWire(port, {
    onMessage(_, bytes, start, end) {
      if (revision === 0) revision = revisionIn(bytes, start, end);
      const had = entries;
      entries += eachValue(bytes, start, end, (sequence) => {
        sum += sequence;
      });
      if (isWatching && entries === had) isCreated = true;
      look();
    },
    onEnd: () => watch(),
  });
  const range = [bytesField(1, `/${subtree}/`), bytesField(2, `/${subtree}0`)];
  const watch = () => {
    isWatching = true;
    const create = Buffer.concat([...range, numberField(3, revision + 1)]);
    wire.send([callOf('/etcdserverpb.Watch/Watch', bytesField(1, create), true)]);
  };
  if (after === undefined) wire.send([callOf('/etcdserverpb.KV/Range', Buffer.concat(range))]);
  else watch();
  return { synced, close: () => wire.close() };
}

/** Of the header: field 1 of every answer, and in it field 3. */
function revisionIn(bytes: Buffer, start: number, end: number): number {
  let revision = 0;
  eachField(bytes, start, end, (field, _, from, to) => {
    if (field === 1)
      eachField(bytes, from, to, (inner, value) => {
        if (inner === 3) revision = value;
      });
  });
  return revision;
}
