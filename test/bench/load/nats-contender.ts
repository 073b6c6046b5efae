import type { Contender, ContendOptions } from './driver.ts';
import { subjectOf } from './nats.ts';
import { NatsWire, publication } from './nats-wire.ts';

const WRONG_LAST_SEQUENCE = 10_071;

let contenders = 0;

/** A publication that expects a last sequence. Where it is another, the last message is asked for. */
export function contendInNats({ port, address, onDone }: ContendOptions): Contender {
  const subject = `$KV.bench.${subjectOf(address.subtree)}.${address.key}`;
  const inbox = `contender.${process.pid}.${contenders++}`;
  let known = { seq: 0, value: 0 };
  const wire = new NatsWire(port, (bytes, start, end) => {
    const text = bytes.toString('utf8', start, end);
    const answer: Answer = JSON.parse(text.slice(text.indexOf('{')));
    if (answer.message !== undefined) {
      const { seq, data } = answer.message;
      known = { seq, value: Number(Buffer.from(data, 'base64')) };
      onDone(undefined);
    } else if (answer.error === undefined) {
      known = { seq: answer.seq ?? 0, value: known.value + 1 };
      onDone(known.value);
    } else if (answer.error.err_code === WRONG_LAST_SEQUENCE) {
      const last = JSON.stringify({ last_by_subj: subject });
      wire.send(publication('$JS.API.STREAM.MSG.GET.KV_bench', last, inbox));
    } else throw new Error(text);
  });
  wire.send(`SUB ${inbox} 1\r\n`);
  return {
    ready: wire.ready,
    attempt() {
      const head = `NATS/1.0\r\nNats-Expected-Last-Subject-Sequence: ${known.seq}\r\n\r\n`;
      const value = String(known.value + 1);
      const bytes = `${head.length} ${head.length + value.length}`;
      wire.send(`HPUB ${subject} ${inbox} ${bytes}\r\n${head}${value}\r\n`);
    },
    close: () => wire.close(),
  };
}

interface Answer {
  readonly seq?: number;
  readonly error?: { readonly err_code: number };
  readonly message?: { readonly seq: number; readonly data: string };
}
