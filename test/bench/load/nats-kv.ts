import type { Driver, Subscriber, SubscriberOptions, Writer, WriterOptions } from './driver.ts';
import { subjectOf } from './nats.ts';
import { contendInNats } from './nats-contender.ts';
import { NatsWire, publication } from './nats-wire.ts';
import { Requests } from './requests.ts';
import { signal } from './signal.ts';
import { eachValue } from './value.ts';

const BUCKET = 'KV_bench';
/** The most that a bucket can keep of a key. With less, a reader that is behind skips changes. */
const HISTORY = 64;
const SEQ = Buffer.from('"seq":');
const FAILED = Buffer.from('"error":');

/** The key-value store of NATS: a JetStream stream that keeps the last messages of each subject. */
export const natsKvDriver: Driver = {
  isOrdered: true,
  carriesValue: true,
  contend: contendInNats,
  prepare,
  subscribe,
  publisher: write,
  writer: write,
};

/** Makes the bucket; doing so again changes nothing. */
async function prepare(port: number): Promise<void> {
  const wire = await request(port, `$JS.API.STREAM.CREATE.${BUCKET}`, {
    name: BUCKET,
    subjects: ['$KV.bench.>'],
    storage: 'file',
    max_msgs_per_subject: HISTORY,
    discard: 'new',
    allow_rollup_hdrs: true,
    deny_delete: true,
    num_replicas: 1,
  });
  wire.close();
}

async function request(port: number, subject: string, body: object): Promise<NatsWire> {
  const answered = signal();
  const wire = new NatsWire(port, (bytes, start, end) => {
    const answer = bytes.toString('utf8', start, end);
    if (answer.includes('"error":')) throw new Error(answer);
    answered.come();
  });
  wire.send('SUB answer 1\r\n');
  wire.send(publication(subject, JSON.stringify(body), 'answer'));
  await answered.came;
  return wire;
}

let subscribers = 0;

/** A push consumer without acknowledgements, as the watch of a bucket is. */
function subscribe({ port, subtree, onChange }: SubscriberOptions): Subscriber {
  const ready = signal();
  const inbox = `inbox.${process.pid}.${subscribers++}`;
  const wire = new NatsWire(port, (bytes, start, end) => {
    if (eachValue(bytes, start, end, onChange) > 0) return;
    if (bytes.subarray(start, end).includes(FAILED))
      throw new Error(bytes.toString('utf8', start, end));
    ready.come();
  });
  const config = {
    deliver_subject: `${inbox}.changes`,
    deliver_policy: 'new',
    ack_policy: 'none',
    max_deliver: 1,
    mem_storage: true,
    filter_subject: `$KV.bench.${subjectOf(subtree)}.>`,
    replay_policy: 'instant',
  };
  // Each by its own name: a consumer does not see the interest of a subscription with a wildcard.
  wire.send(`SUB ${inbox}.changes 1\r\nSUB ${inbox}.created 2\r\n`);
  const create = JSON.stringify({ stream_name: BUCKET, config });
  wire.send(publication(`$JS.API.CONSUMER.CREATE.${BUCKET}`, create, `${inbox}.created`));
  return {
    ready: ready.came,
    stall: () => wire.stall(),
    resume: () => wire.resume(),
    close: () => wire.close(),
  };
}

let writers = 0;

function write(options: WriterOptions): Writer {
  const inbox = `acks.${process.pid}.${writers++}`;
  const requests = new Requests(options, ({ subtree, key }, value) =>
    publication(`$KV.bench.${subjectOf(subtree)}.${key}`, value, inbox),
  );
  const wire = new NatsWire(options.port, (bytes, start, end) => {
    if (!bytes.subarray(start, end).includes(SEQ))
      throw new Error(bytes.toString('utf8', start, end));
    options.onAck();
  });
  wire.send(`SUB ${inbox} 1\r\n`);
  return {
    ready: wire.ready,
    put: (address, sequence) => requests.put(address, sequence),
    flush: () => wire.send(requests.take()),
    close: () => wire.close(),
  };
}
