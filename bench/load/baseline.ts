import { baselineStore } from './baseline-store.ts';
import type { Driver, Subscriber, SubscriberOptions, Writer, WriterOptions } from './driver.ts';
import { Requests } from './requests.ts';
import { signal } from './signal.ts';
import { eachValue, PLACEHOLDER } from './value.ts';
import { frameOf, WebSocketWire } from './websocket.ts';

/** The bare uWebSockets.js server of `peers/baseline-server.ts`. */
export const baselineDriver: Driver = {
  isOrdered: true,
  store: baselineStore,
  subscribe,
  publisher: publish,
  writer: echo,
};

function subscribe({ port, subtree, onChange }: SubscriberOptions): Subscriber {
  const ready = signal();
  const wire = new WebSocketWire(port, `/subscribe/${subtree}`, (bytes, start, end) => {
    // The first frame says that the socket is in the list of those that get changes.
    if (eachValue(bytes, start, end, onChange) === 0) ready.come();
  });
  return {
    ready: ready.came,
    stall: () => wire.stall(),
    resume: () => wire.resume(),
    close: () => wire.close(),
  };
}

/** An order for each subtree of a burst: `subtree first count valueBytes`. An answer for each change. */
function publish({ port, addresses, valueBytes, onAck }: WriterOptions): Writer {
  let orders: { subtree: string; first: number; count: number }[] = [];
  const wire = new WebSocketWire(port, '/publish', (bytes, start, end) => {
    for (let left = Number(bytes.toString('latin1', start, end)); left > 0; left--) onAck();
  });
  return {
    ready: wire.opened,
    put(address, sequence) {
      const subtree = addresses[address]?.subtree ?? '';
      const last = orders.at(-1);
      if (last?.subtree === subtree) last.count += 1;
      else orders.push({ subtree, first: sequence, count: 1 });
    },
    flush() {
      const frames = orders.map(({ subtree, first, count }) =>
        frameOf(`${subtree} ${first} ${count} ${valueBytes}`),
      );
      wire.send(Buffer.concat(frames));
      orders = [];
    },
    close: () => wire.close(),
  };
}

/** A commit of the same size that is answered at once and kept nowhere. */
function echo(options: WriterOptions): Writer {
  const requests = new Requests(options, ({ subtree, key }, value, i) =>
    frameOf(
      JSON.stringify({
        type: 'commit',
        id: i,
        requestId: `baseline-writer-${i}-${PLACEHOLDER}`,
        operations: [{ type: 'put', path: `/${subtree}/${key}`, value }],
      }),
    ),
  );
  const wire = new WebSocketWire(options.port, '/echo', () => options.onAck());
  return {
    ready: wire.opened,
    put: (address, sequence) => requests.put(address, sequence),
    flush: () => wire.send(requests.take()),
    close: () => wire.close(),
  };
}
