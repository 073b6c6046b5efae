import type { Driver, Subscriber, SubscriberOptions, Writer, WriterOptions } from './driver.ts';
import { contendInEtcd } from './etcd-contender.ts';
import { etcdStore } from './etcd-store.ts';
import { type Call, callOf, GrpcWire } from './grpc.ts';
import { bytesField } from './protobuf.ts';
import { signal } from './signal.ts';
import { eachValue, fill, PLACEHOLDER, type Slots, slotsIn, valueText } from './value.ts';

/** etcd over its gRPC interface; each subscriber and each writer has a connection of its own. */
export const etcdDriver: Driver = {
  // Calls of one connection are served concurrently.
  isOrdered: false,
  contend: contendInEtcd,
  store: etcdStore,
  subscribe,
  publisher: write,
  writer: write,
};

function subscribe({ port, subtree, onChange }: SubscriberOptions): Subscriber {
  const ready = signal();
  const wire = new GrpcWire(port, {
    // The first answer says that the watch was created; it has no values.
    onMessage: (_, bytes, start, end) => {
      if (eachValue(bytes, start, end, onChange) === 0) ready.come();
    },
    onEnd: () => {
      throw new Error('etcd ended a watch');
    },
  });
  const create = Buffer.concat([bytesField(1, `/${subtree}/`), bytesField(2, `/${subtree}0`)]);
  wire.send([callOf('/etcdserverpb.Watch/Watch', bytesField(1, create), true)]);
  return {
    ready: ready.came,
    stall: () => wire.stall(),
    resume: () => wire.resume(),
    close: () => wire.close(),
  };
}

function write({ port, addresses, valueBytes, onAck }: WriterOptions): Writer {
  const value = valueText(Number(PLACEHOLDER), valueBytes);
  const requests = addresses.map(({ subtree, key }): { call: Call; slots: Slots } => {
    const put = Buffer.concat([bytesField(1, `/${subtree}/${key}`), bytesField(2, value)]);
    const call = callOf('/etcdserverpb.KV/Put', put);
    return { call, slots: slotsIn(call.bytes) };
  });
  let answers = 0;
  let ends = 0;
  const wire = new GrpcWire(port, {
    onMessage: () => {
      answers += 1;
    },
    onEnd: () => {
      ends += 1;
      if (ends > answers) throw new Error('etcd refused a write');
      onAck();
    },
  });
  let pending: Call[] = [];
  return {
    ready: wire.opened,
    put(address, sequence) {
      const request = requests[address];
      if (request === undefined) throw new RangeError(`there is no address ${address}`);
      fill(request.slots, sequence);
      pending.push(request.call);
    },
    flush() {
      wire.send(pending);
      pending = [];
    },
    close: () => wire.close(),
  };
}
