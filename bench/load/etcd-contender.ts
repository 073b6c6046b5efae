import type { Contender, ContendOptions } from './driver.ts';
import { callOf, GrpcWire } from './grpc.ts';
import { bytesField, eachField, numberField } from './protobuf.ts';

const COMPARE_MOD_REVISION = 2;

/** A transaction that puts if the revision is still that, and else reads. */
export function contendInEtcd({ port, address, onDone }: ContendOptions): Contender {
  const key = `/${address.subtree}/${address.key}`;
  let known = { revision: 0, value: 0 };
  const wire = new GrpcWire(port, {
    onMessage(_, bytes, start, end) {
      const answer = readAnswer(bytes, start, end);
      known = answer.hasWon
        ? { revision: answer.storeRevision, value: known.value + 1 }
        : { revision: answer.modRevision, value: answer.value };
      onDone(answer.hasWon ? known.value : undefined);
    },
    onEnd() {},
  });
  return {
    ready: wire.opened,
    attempt() {
      const compare = Buffer.concat([
        numberField(2, COMPARE_MOD_REVISION),
        bytesField(3, key),
        // A revision of 0, that nothing is there, must be said: it is one of several kinds.
        known.revision === 0 ? Buffer.from([6 << 3, 0]) : numberField(6, known.revision),
      ]);
      const put = Buffer.concat([bytesField(1, key), bytesField(2, String(known.value + 1))]);
      const message = Buffer.concat([
        bytesField(1, compare),
        bytesField(2, bytesField(2, put)),
        bytesField(3, bytesField(1, bytesField(1, key))),
      ]);
      wire.send([callOf('/etcdserverpb.KV/Txn', message)]);
    },
    close: () => wire.close(),
  };
}

interface Answer {
  hasWon: boolean;
  storeRevision: number;
  modRevision: number;
  value: number;
}

/** TxnResponse: header 1, succeeded 2, responses 3, in which a range's answer 1 has the entry as 2. */
function readAnswer(bytes: Buffer, start: number, end: number): Answer {
  const answer: Answer = { hasWon: false, storeRevision: 0, modRevision: 0, value: 0 };
  const entry = (field: number, value: number, from: number, to: number) => {
    if (field === 3) answer.modRevision = value;
    if (field === 5) answer.value = Number(bytes.toString('latin1', from, to));
  };
  const range = (field: number, _: number, from: number, to: number) => {
    if (field === 2) eachField(bytes, from, to, entry);
  };
  const operation = (field: number, _: number, from: number, to: number) => {
    if (field === 1) eachField(bytes, from, to, range);
  };
  eachField(bytes, start, end, (field, value, from, to) => {
    if (field === 1)
      eachField(bytes, from, to, (inner, revision) => {
        if (inner === 3) answer.storeRevision = revision;
      });
    if (field === 2) answer.hasWon = value === 1;
    if (field === 3) eachField(bytes, from, to, operation);
  });
  return answer;
}
