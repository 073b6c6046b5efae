import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { WebSocket } from 'ws';

const CHROMIUM = process.env.CONFER_TEST_CHROMIUM ?? '/usr/bin/chromium';
/** Without one, tests that need it do not run; their titles say so. */
export const isChromiumHere = existsSync(CHROMIUM);
if (!isChromiumHere) console.warn(`There is no Chromium at ${CHROMIUM}, so its tests do not run`);

const FLAGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-sync', '--disable-component-update'],
  '--remote-debugging-port=0',
];

/** What Chromium's debugging protocol answers, as far as these tests look at it. */
interface Answer {
  readonly id?: number;
  readonly error?: { readonly message: string };
  readonly result?: {
    readonly targetId?: string;
    readonly sessionId?: string;
    readonly result?: { readonly value?: unknown };
    readonly exceptionDetails?: { readonly exception?: { readonly description?: string } };
  };
}

/** A real Chromium with a profile of its own, driven over its debugging protocol. */
export class Browser {
  readonly #process: ChildProcess;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #lastId = 0;

  private constructor(browser: ChildProcess, socket: WebSocket) {
    this.#process = browser;
    this.#socket = socket;
    socket.on('message', (data) => {
      const answer: Answer = JSON.parse(data.toString());
      this.#waiting.get(answer.id ?? -1)?.(answer);
      this.#waiting.delete(answer.id ?? -1);
    });
  }

  static async launch(profile: string): Promise<Browser> {
    // A group of its own, because Chromium leaves helpers behind when only its first process ends.
    const browser = spawn(CHROMIUM, [...FLAGS, `--user-data-dir=${profile}`, 'about:blank'], {
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    });
    const url = await debuggerUrl(browser);
    const socket = new WebSocket(url);
    await once(socket, 'open');
    return new Browser(browser, socket);
  }

  /** Opens a page in a tab of its own. */
  async open(url: string): Promise<Tab> {
    const { targetId = '' } = (await this.ask('Target.createTarget', { url })) ?? {};
    const attached = await this.ask('Target.attachToTarget', { targetId, flatten: true });
    return new Tab(this, targetId, attached?.sessionId ?? '');
  }

  /** @throws where Chromium refuses. */
  async ask(method: string, params: object, sessionId?: string): Promise<Answer['result']> {
    const id = ++this.#lastId;
    const answered = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve));
    this.#socket.send(JSON.stringify({ id, method, params, sessionId }));
    const { error, result } = await answered;
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  /** For what has no answer, because it ends who would give it. */
  tell(method: string, params: object, sessionId: string): void {
    this.#socket.send(JSON.stringify({ id: ++this.#lastId, method, params, sessionId }));
  }

  /** Its helpers write into its profile for as long as they run, so it has time to end them. */
  async close(): Promise<void> {
    const { pid } = this.#process;
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = once(this.#process, 'exit');
    const timer = setTimeout(() => pid !== undefined && process.kill(-pid, 'SIGKILL'), 5_000);
    this.#socket.send(JSON.stringify({ id: ++this.#lastId, method: 'Browser.close' }));
    await exited;
    clearTimeout(timer);
    this.#socket.terminate();
  }
}

/** One tab, and the page in it. */
export class Tab {
  readonly #browser: Browser;
  readonly #target: string;
  readonly #session: string;

  constructor(browser: Browser, target: string, session: string) {
    this.#browser = browser;
    this.#target = target;
    this.#session = session;
  }

  /** What an expression comes to in the page, once its promise is settled. */
  async evaluate(expression: string): Promise<unknown> {
    const params = { expression, awaitPromise: true, returnByValue: true };
    const answer = await this.#browser.ask('Runtime.evaluate', params, this.#session);
    const problem = answer?.exceptionDetails?.exception?.description;
    if (problem !== undefined) throw new Error(`${expression}: ${problem}`);
    return answer?.result?.value;
  }

  /** Waits until an expression is true in the page. */
  async until(expression: string, withinMs = 30_000): Promise<void> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      // While a page loads, what it will define is not there yet.
      const isTrue = await this.evaluate(`Boolean(${expression})`).catch(() => false);
      if (isTrue === true) return;
      if (Date.now() > deadline)
        throw new Error(`not so: ${expression}; the page: ${await this.#shown()}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Its process dies, as when it has run out of memory: nothing of the page runs any more. */
  crash(): void {
    this.#browser.tell('Page.crash', {}, this.#session);
  }

  async close(): Promise<void> {
    await this.#browser.ask('Target.closeTarget', { targetId: this.#target });
  }

  async #shown(): Promise<string> {
    const state = 'JSON.stringify([document.body.innerText, window.said])';
    return String(await this.evaluate(state).catch((error) => error));
  }
}

function debuggerUrl(browser: ChildProcess): Promise<string> {
  let said = '';
  return new Promise((resolve, reject) => {
    browser.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const url = /DevTools listening on (ws:\S+)/.exec(said)?.[1];
      if (url !== undefined) resolve(url);
    });
    browser.once('exit', () => reject(new Error(`Chromium ended: ${said}`)));
  });
}
