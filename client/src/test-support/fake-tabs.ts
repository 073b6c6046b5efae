import { type DownMessage, decodeDown } from '@confer/shared';
import { VirtualClock } from '../../../shared/src/test-support/virtual-clock.ts';
import { type FromTab, type Port, readToTab } from '../tabs/port.ts';
import { TabHub } from '../tabs/tab-hub.ts';
import { FakeNetwork } from './fake-network.ts';

/** A tab that says what a test wants, and the worker's end of its port. */
export class FakeTab implements Port {
  /** What the server said to it, as far as no test has taken it. */
  readonly heard: DownMessage[] = [];
  closedBy: { readonly code: number; readonly reason: string } | undefined;
  #toWorker: (event: { readonly data: unknown }) => void = () => {};
  #onClose = () => {};

  /** Sends a frame of the protocol. */
  send(message: object | string): void {
    const frame = typeof message === 'string' ? message : JSON.stringify(message);
    this.say({ type: 'frame', frame });
  }

  say(data: FromTab): void {
    this.#toWorker({ data });
  }

  /** Its port ends, where the platform tells of that. */
  vanish(): void {
    this.#onClose();
  }

  take<Type extends DownMessage['type']>(type: Type): Extract<DownMessage, { type: Type }> {
    const message = this.heard.find((each) => isOfType(each, type));
    if (message === undefined || !isOfType(message, type))
      throw new Error(`the tab heard ${type}; it heard ${JSON.stringify(this.heard)}`);
    this.heard.splice(this.heard.indexOf(message), 1);
    return message;
  }

  get untaken(): readonly string[] {
    return this.heard.map(({ type }) => type);
  }

  postMessage(data: unknown): void {
    const message = readToTab(data);
    if (message?.type === 'closed') this.closedBy = message;
    if (message?.type !== 'frame') return;
    const decoded = decodeDown(message.frame);
    if (decoded.ok) this.heard.push(decoded.message);
    else throw new Error(decoded.problem);
  }

  addEventListener(type: string, listener: (event: { readonly data?: unknown }) => void): void {
    if (type === 'message') this.#toWorker = listener;
    else this.#onClose = () => listener({});
  }

  start(): void {}
  close(): void {}
}

/** A worker on a virtual clock and a scripted network. */
export function startWorker() {
  const clock = new VirtualClock();
  const network = new FakeNetwork();
  const locks = new Map<string, () => void>();
  const hub = new TabHub({
    openSocket: network.openSocket,
    clock,
    whenFree: (lock, free) => locks.set(lock, free),
  });
  let opened = 0;
  const open = (hello: object = {}, url = 'ws://one:7480/v1'): FakeTab => {
    const tab = new FakeTab();
    hub.accept(tab);
    tab.say({ type: 'open', url, lock: `lock ${++opened}` });
    tab.send({ type: 'hello', version: 1, ...hello });
    return tab;
  };
  return { clock, network, locks, hub, open };
}

/** Two tabs, greeted over the one connection that they share. */
export function startTwoTabs(welcome: Parameters<FakeNetwork['last']['welcome']>[0] = {}) {
  const worker = startWorker();
  const [one, two] = [worker.open(), worker.open()];
  const server = worker.network.last;
  server.welcome(welcome);
  server.take('hello');
  for (const tab of [one, two]) tab.take('welcome');
  return { ...worker, one, two, server };
}

function isOfType<Type extends DownMessage['type']>(
  message: DownMessage,
  type: Type,
): message is Extract<DownMessage, { type: Type }> {
  return message.type === type;
}
