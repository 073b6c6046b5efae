import { connect } from 'node:net';
import type {
  Address,
  Driver,
  Subscriber,
  SubscriberOptions,
  Writer,
  WriterOptions,
} from './driver.ts';
import { ADD_WATCH, createNode, int, JuteWire, juteRequest, SET_DATA, text } from './jute.ts';
import { Requests } from './requests.ts';
import { signal } from './signal.ts';
import { contendInZookeeper } from './zookeeper-contender.ts';

const DATA_CHANGED = 3;
const RECURSIVE = 1;
const ANY_VERSION = -1;
const NODE_EXISTS = -110;
const LOOK_MS = 50;

/**
 * ZooKeeper with persistent recursive watches. Their events say which node changed and not to what:
 * a real reader has to ask for each.
 */
export const zookeeperDriver: Driver = {
  isOrdered: true,
  carriesValue: false,
  contend: contendInZookeeper,
  prepare: serving,
  subscribe,
  publisher: write,
  writer: write,
};

/** It takes connections before it serves, and closes those. */
async function serving(port: number): Promise<void> {
  while (!(await answerTo('srvr', port)).includes('Mode: '))
    await new Promise((next) => setTimeout(next, LOOK_MS));
}

function answerTo(command: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(command));
    socket.setEncoding('utf8').on('data', (text: string) => {
      answer += text;
    });
    socket.on('error', reject).on('close', () => resolve(answer));
  });
}

function subscribe({ port, subtree, onChange }: SubscriberOptions): Subscriber {
  const watching = signal();
  const wire = new JuteWire(port, {
    onReply(error) {
      if (error !== 0) throw new Error(`ZooKeeper refused a watch: ${error}`);
      watching.come();
    },
    onEvent(type) {
      if (type === DATA_CHANGED) onChange(0);
    },
  });
  void wire.ready.then(() =>
    wire.send(juteRequest(ADD_WATCH, text(`/${subtree}`), int(RECURSIVE))),
  );
  return {
    ready: watching.came,
    stall: () => wire.stall(),
    resume: () => wire.resume(),
    close: () => wire.close(),
  };
}

function write(options: WriterOptions): Writer {
  const requests = new Requests(options, ({ subtree, key }, value) =>
    juteRequest(SET_DATA, text(`/${subtree}/${key}`), text(value), int(ANY_VERSION)),
  );
  const nodes = nodesOf(options.addresses);
  const ready = signal();
  let creating = nodes.length;
  const wire = new JuteWire(options.port, {
    onReply(error) {
      if (creating > 0) {
        if (error !== 0 && error !== NODE_EXISTS) throw new Error(`no node: ${error}`);
        creating -= 1;
        if (creating === 0) ready.come();
      } else if (error === 0) options.onAck();
      else throw new Error(`ZooKeeper refused a write: ${error}`);
    },
    onEvent() {},
  });
  void wire.ready.then(() => wire.send(Buffer.concat(nodes.map((path) => createNode(path, '')))));
  return {
    ready: ready.came,
    put: (address, sequence) => requests.put(address, sequence),
    flush: () => wire.send(requests.take()),
    close: () => wire.close(),
  };
}

/** A node can only be set where it is, and only be made below one that is there. */
function nodesOf(addresses: readonly Address[]): string[] {
  const paths = new Set<string>();
  for (const { subtree, key } of addresses) {
    let path = '';
    for (const segment of [...subtree.split('/'), key]) {
      path += `/${segment}`;
      paths.add(path);
    }
  }
  return [...paths];
}
