import type { FillOptions, Reader, ReaderOptions, Store, Synced } from './driver.ts';
import { eachValue } from './value.ts';
import { frameOf, WebSocketWire } from './websocket.ts';

/** Frames that were made beforehand, sent as fast as the sockets take them. */
export const baselineStore: Store = { resumes: false, fill, read };

async function fill({ port, subtree, entries, valueBytes }: FillOptions): Promise<void> {
  await new Promise<void>((resolve) => {
    const wire = new WebSocketWire(port, '/fill', () => {
      wire.close();
      resolve();
    });
    void wire.opened.then(() => wire.send(frameOf(`${subtree} 1 ${entries} ${valueBytes}`)));
  });
}

function read({ port, subtree, expected }: ReaderOptions): Reader {
  let entries = 0;
  let sum = 0;
  let done: (synced: Synced) => void = () => {};
  const synced = new Promise<Synced>((resolve) => {
    done = resolve;
  });
  const wire = new WebSocketWire(port, `/read/${subtree}`, (bytes, start, end) => {
    entries += eachValue(bytes, start, end, (sequence) => {
      sum += sequence;
    });
    if (entries === expected)
      done({ entries, sum, bytes: wire.bytesRead, place: { epoch: '', revision: 0 } });
  });
  return { synced, close: () => wire.close() };
}
