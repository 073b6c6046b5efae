import type { Driver, Subscriber, SubscriberOptions, Writer, WriterOptions } from './driver.ts';
import { contendInRedis } from './redis-contender.ts';
import { redisStore } from './redis-store.ts';
import { Requests } from './requests.ts';
import { command, RedisWire } from './resp.ts';
import { signal } from './signal.ts';
import { eachValue } from './value.ts';

/** Redis: pub/sub brings changes to subscribers and keeps nothing; SET keeps and tells nobody. */
export const redisDriver: Driver = {
  isOrdered: true,
  contend: contendInRedis,
  store: redisStore,
  subscribe,
  publisher: (options) =>
    write(options, ({ subtree }, value) => command('PUBLISH', subtree, value)),
  writer: (options) =>
    write(options, ({ subtree, key }, value) => command('SET', `${subtree}/${key}`, value)),
};

function subscribe({ port, subtree, onChange }: SubscriberOptions): Subscriber {
  const ready = signal();
  const wire = new RedisWire(port, (bytes, start, end) => {
    if (eachValue(bytes, start, end, onChange) === 0) ready.come();
  });
  wire.send(command('SUBSCRIBE', subtree));
  return {
    ready: ready.came,
    stall: () => wire.stall(),
    resume: () => wire.resume(),
    close: () => wire.close(),
  };
}

function write(
  options: WriterOptions,
  build: (address: { subtree: string; key: string }, value: string) => Buffer,
): Writer {
  const requests = new Requests(options, build);
  const wire = new RedisWire(options.port, () => options.onAck());
  return {
    ready: wire.opened,
    put: (address, sequence) => requests.put(address, sequence),
    flush: () => wire.send(requests.take()),
    close: () => wire.close(),
  };
}
