import type { Contender, ContendOptions } from './driver.ts';
import { createNode, GET_DATA, int, JuteWire, juteRequest, SET_DATA, text } from './jute.ts';
import { signal } from './signal.ts';

const NODE_EXISTS = -110;
const BAD_VERSION = -103;
/** Of a node's description: four longs stand before its version. */
const VERSION_AT = 32;
const NOT_WATCHED = Buffer.from([0]);

/** Data that is set where its version is still that; else it is asked for. */
export function contendInZookeeper({ port, address, onDone }: ContendOptions): Contender {
  const path = `/${address.subtree}/${address.key}`;
  const ready = signal();
  let known = { version: 0, value: 0 };
  let doing: 'creating' | 'setting' | 'getting' = 'creating';
  let creating = 2;
  const wire = new JuteWire(port, {
    onReply(error, bytes, start) {
      if (doing === 'creating') {
        if (error !== 0 && error !== NODE_EXISTS) throw new Error(`no node: ${error}`);
        creating -= 1;
        if (creating === 0) ready.come();
      } else if (doing === 'getting') {
        const length = bytes.readInt32BE(start);
        const value = Number(bytes.toString('latin1', start + 4, start + 4 + length));
        known = { version: bytes.readInt32BE(start + 4 + length + VERSION_AT), value };
        onDone(undefined);
      } else if (error === BAD_VERSION) {
        doing = 'getting';
        wire.send(juteRequest(GET_DATA, text(path), NOT_WATCHED));
      } else if (error === 0) {
        known = { version: bytes.readInt32BE(start + VERSION_AT), value: known.value + 1 };
        onDone(known.value);
      } else throw new Error(`ZooKeeper refused a write: ${error}`);
    },
    onEvent() {},
  });
  void wire.ready.then(() =>
    wire.send(Buffer.concat([createNode(`/${address.subtree}`, ''), createNode(path, '0')])),
  );
  return {
    ready: ready.came,
    attempt() {
      doing = 'setting';
      wire.send(
        juteRequest(SET_DATA, text(path), text(String(known.value + 1)), int(known.version)),
      );
    },
    close: () => wire.close(),
  };
}
