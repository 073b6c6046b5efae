import type { Frame } from './frame.ts';
import { type Port, readFromTab, type ToTab } from './port.ts';

/** What the worker lets a tab join once it has said hello. */
export interface Joined {
  received(tab: Tab, frame: string): void;
  /** The tab is gone; `code`: what it closed with, where it did. */
  left(tab: Tab, code?: number): void;
}

/**
 * A tab as the worker knows it:
 *
 *   new ──open──▶ opened ──hello──▶ joined ──▶ gone (from anywhere)
 */
type State =
  | { readonly kind: 'new' }
  | { readonly kind: 'opened'; readonly url: string }
  | { readonly kind: 'joined'; readonly connection: Joined }
  | { readonly kind: 'gone' };

export interface TabParts {
  /** Calls back once nobody holds the lock of that name any more. */
  readonly whenFree: (lock: string, free: () => void) => void;
  /** The first frame of a tab, for the server at `url`. `undefined`: it is no hello. */
  readonly join: (tab: Tab, url: string, hello: string) => Joined | undefined;
}

/** What may wait for a tab that takes nothing: a quarter of what its memory holds. */
const UNTAKEN_CHARS_MAX = 2 ** 28;

/** The worker's end of the port of one tab, for as long as one socket of it. */
export class Tab {
  readonly #port: Port;
  readonly #parts: TabParts;
  #state: State = { kind: 'new' };
  #untakenChars = 0;
  /** What its watches have applied, as it said last. */
  applied: number | undefined;
  /** Since it was last heard. */
  silentBeats = 0;
  /** Of a commit that has not come whole, in the order they came. */
  readonly parts: Frame[] = [];
  partsChars = 0;

  constructor(port: Port, parts: TabParts) {
    this.#port = port;
    this.#parts = parts;
    port.addEventListener('message', ({ data }) => this.#received(data));
    port.addEventListener('close', () => this.#leave());
    port.start();
  }

  /** Passes a frame of the server on. */
  say(frame: string): void {
    if (this.#state.kind === 'gone') return;
    this.#untakenChars += frame.length;
    if (this.#untakenChars > UNTAKEN_CHARS_MAX) this.end(4408, 'the tab does not take what comes');
    else this.#post({ type: 'frame', frame });
  }

  /** Ends the socket of the tab, which comes back as after any other end. */
  end(code: number, reason: string): void {
    if (this.#state.kind === 'gone') return;
    this.#post({ type: 'closed', code, reason });
    this.#leave();
  }

  #received(data: unknown): void {
    const message = readFromTab(data);
    if (message === undefined || this.#state.kind === 'gone') return;
    this.silentBeats = 0;
    if (message.type === 'taken') this.#untakenChars -= message.chars;
    else if (message.type === 'close') this.#leave(message.code);
    else if (message.type === 'frame') this.#frame(message.frame);
    else if (this.#state.kind === 'new') {
      this.#state = { kind: 'opened', url: message.url };
      if (message.lock !== undefined) this.#parts.whenFree(message.lock, () => this.#leave());
      this.#post({ type: 'opened' });
    }
  }

  #frame(frame: string): void {
    const state = this.#state;
    if (state.kind === 'joined') state.connection.received(this, frame);
    else if (state.kind === 'opened') {
      const connection = this.#parts.join(this, state.url, frame);
      if (connection === undefined) this.end(4400, 'the first message is hello');
      // A socket that cannot even be made may have ended the tab already.
      else if (this.#state === state) this.#state = { kind: 'joined', connection };
    }
  }

  #leave(code?: number): void {
    const state = this.#state;
    if (state.kind === 'gone') return;
    this.#state = { kind: 'gone' };
    this.#port.close();
    if (state.kind === 'joined') state.connection.left(this, code);
  }

  #post(message: ToTab): void {
    this.#port.postMessage(message);
  }
}
