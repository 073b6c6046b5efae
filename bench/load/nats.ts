import type { Driver, Subscriber, SubscriberOptions, Writer, WriterOptions } from './driver.ts';
import { NatsWire, publication } from './nats-wire.ts';
import { Requests } from './requests.ts';
import { eachValue } from './value.ts';

const PING = Buffer.from('PING\r\n');

/** Core NATS: publish and subscribe, and nothing is kept. */
export const natsDriver: Driver = {
  isOrdered: true,
  subscribe,
  publisher: publish,
};

function subjectOf(subtree: string): string {
  return subtree.replaceAll('/', '.');
}

function subscribe({ port, subtree, onChange }: SubscriberOptions): Subscriber {
  const wire = new NatsWire(port, (bytes, start, end) => {
    eachValue(bytes, start, end, onChange);
  });
  wire.send(`SUB ${subjectOf(subtree)}.> 1\r\nPING\r\n`);
  return {
    ready: wire.ready,
    stall: () => wire.stall(),
    resume: () => wire.resume(),
    close: () => wire.close(),
  };
}

/** A publication is not answered; that a PING behind it is says that it was taken. */
function publish(options: WriterOptions): Writer {
  const requests = new Requests(options, ({ subtree, key }, value) =>
    publication(`${subjectOf(subtree)}.${key}`, value),
  );
  const flushes: number[] = [];
  let pending = 0;
  const wire = new NatsWire(
    options.port,
    () => {},
    () => {
      for (let left = flushes.shift() ?? 0; left > 0; left--) options.onAck();
    },
  );
  return {
    ready: wire.ready,
    put(address, sequence) {
      requests.put(address, sequence);
      pending += 1;
    },
    flush() {
      flushes.push(pending);
      pending = 0;
      wire.send(Buffer.concat([requests.take(), PING]));
    },
    close: () => wire.close(),
  };
}
