import {
  type Clock,
  decodeDown,
  encode,
  piecesOf,
  type Timer,
  times,
  type Welcome,
} from '@confer/shared';
import { InactivityTimer } from '../connection/inactivity-timer.ts';
import type { OpenSocket, Socket } from '../sockets/socket.ts';
import { countIn, type Frame, readFrame, textIn } from './frame.ts';
import { SharedRequests } from './shared-requests.ts';
import { SharedWatches } from './shared-watches.ts';
import type { Joined, Tab } from './tab.ts';

/** What the worker takes from the world. */
export interface WorkerPlatform {
  readonly openSocket: OpenSocket;
  readonly clock: Clock;
}

/** What the server has to say, in that time, to be taken for alive. */
const ANSWER_MS = 5_000;

type State =
  | { readonly kind: 'connecting'; readonly timer: Timer }
  | {
      readonly kind: 'open';
      readonly timer: InactivityTimer;
      readonly welcome: Welcome;
      readonly requests: SharedRequests<Tab>;
    }
  | { readonly kind: 'over' };

type Open = State & { readonly kind: 'open' };

/** A request as it came from a tab. */
interface Asked {
  readonly id: number;
  readonly frame: Frame;
  readonly chars: number;
}

/**
 * One connection for several tabs, each of which sees it as its own. Frames are passed on in the order that they come,
 * so what the protocol promises of a connection is true for each tab. Where a tab breaks the protocol, it is ended
 * here, before the server would end the connection of all.
 */
export class SharedConnection implements Joined {
  readonly url: string;
  #hello: Frame;
  readonly #clock: Clock;
  readonly #onOver: () => void;
  readonly #tabs = new Set<Tab>();
  readonly #watches = new SharedWatches<Tab>();
  readonly #socket: Socket;
  #state: State;
  /** The highest revision that the server has named to all, and the heartbeat that said how far it is behind. */
  #revision = 0;
  #behind: string | undefined;
  /** Until when the server knows the token; `undefined` where it does not end. */
  #expiresAt: number | undefined;

  constructor(url: string, hello: Frame, platform: WorkerPlatform, onOver: () => void) {
    this.url = url;
    this.#hello = hello;
    this.#clock = platform.clock;
    this.#onOver = onOver;
    const timer = this.#clock.setTimer(ANSWER_MS, () =>
      this.#drop(4408, `a welcome did not come within ${ANSWER_MS} ms`),
    );
    this.#state = { kind: 'connecting', timer };
    this.#socket = platform.openSocket(url, {
      onOpen: () => this.#send(JSON.stringify(hello)),
      onMessage: (frame) => this.#received(frame),
      onClose: (code, reason) => this.#end(code, reason),
    });
  }

  /** Whether a tab that says so may share it: only what is the same in all that decides what a tab may see. */
  fits(url: string, hello: Frame): boolean {
    return url === this.url && JSON.stringify(hello) === JSON.stringify(this.#hello);
  }

  join(tab: Tab): void {
    this.#tabs.add(tab);
    if (this.#state.kind === 'open') this.#greet(tab, this.#state.welcome);
  }

  left(tab: Tab, code?: number): void {
    if (!this.#tabs.delete(tab)) return;
    const state = this.#state;
    if (this.#tabs.size === 0) this.#drop(1000, 'no tab is left');
    else if (state.kind === 'open') {
      state.requests.leave(tab);
      for (const name of this.#watches.leave(tab)) this.#unwatch(name);
      // It has waited in vain for the server, which may be gone for all. A new tab would believe it alive.
      if (code === 4408) this.#probe(state);
    }
  }

  received(tab: Tab, text: string): void {
    const state = this.#state;
    if (state.kind === 'over') return;
    const frame = readFrame(text);
    const id = frame && countIn(frame, 'id');
    if (frame?.type === 'heartbeat') tab.applied = countIn(frame, 'applied');
    else if (state.kind !== 'open' || frame === undefined || id === undefined)
      tab.end(4400, 'what is no request of this protocol');
    else this.#asked(tab, { id, frame, chars: text.length }, state);
  }

  #asked(tab: Tab, { id, frame, chars }: Asked, { requests, welcome }: Open): void {
    const reply = this.#ownReply(tab, frame);
    if (reply !== undefined) {
      tab.say(JSON.stringify({ ...reply, id }));
      return;
    }
    const [first = frame] = tab.parts;
    if (first.id !== id) {
      tab.end(4400, 'a commit was begun and not ended');
      return;
    }
    // The parts of a commit follow each other on the connection, and the next may never come.
    tab.parts.push(frame);
    if (frame.more === true) {
      tab.partsChars += chars;
      if (tab.partsChars > welcome.limits.waitingBytesMax) tab.end(4413, 'a commit without end');
      return;
    }
    const [, ...more] = tab.parts.splice(0);
    tab.partsChars = 0;
    const code = requests.add(tab, id, [first, ...more]);
    if (code !== undefined) tab.end(code, 'more than a connection may ask');
  }

  /** What the worker knows better than the server. */
  #ownReply(tab: Tab, frame: Frame): Frame | undefined {
    const name = textIn(frame, 'watch');
    // It would end, or prove, the watch of another tab.
    if (name !== undefined && !this.#watches.isOf(name, tab))
      return { type: 'error', code: 'unknown_watch', message: `this tab has no watch ${name}` };
    // Another tab has brought it already.
    if (frame.type === 'renew' && frame.token === this.#hello.token)
      return { type: 'renewed', ...this.#expiry() };
    return undefined;
  }

  #received(text: string): void {
    const state = this.#state;
    if (state.kind === 'over') return;
    if (state.kind === 'open') state.timer.heard();
    const frame = readFrame(text);
    const id = frame && countIn(frame, 'id');
    const name = frame && textIn(frame, 'watch');
    if (frame?.type === 'welcome' && state.kind === 'connecting') this.#welcome(text);
    else if (frame?.type === 'heartbeat') this.#heartbeat(text, frame);
    else if (id !== undefined && state.kind === 'open') this.#reply(id, frame ?? {}, state);
    else if (name !== undefined) this.#watches.tabOf(name, frame ?? {})?.say(text);
    // A goodbye is for all; and what is no message, or comes out of turn, each of them refuses.
    else for (const tab of [...this.#tabs]) tab.say(text);
  }

  #welcome(text: string): void {
    const decoded = decodeDown(text);
    if (!decoded.ok || decoded.message.type !== 'welcome') {
      for (const tab of [...this.#tabs]) tab.say(text);
      return;
    }
    const welcome = decoded.message;
    const silentMs = welcome.heartbeatMs * times.silentBeatsMax;
    const timer = new InactivityTimer(this.#clock, silentMs, (ms) =>
      this.#drop(4408, `the server was silent for ${ms} ms`),
    );
    const requests = new SharedRequests<Tab>(welcome.limits, (frame) => this.#send(frame));
    this.#become({ kind: 'open', timer, welcome, requests });
    this.#revision = welcome.revision;
    this.#expires(welcome.expiresInMs);
    for (const tab of [...this.#tabs]) this.#greet(tab, welcome);
  }

  /** As the server would greet it now. */
  #greet(tab: Tab, welcome: Welcome): void {
    const { messageBytesMax } = welcome.limits;
    // Of a tab a message comes whole: only to the server it goes in pieces.
    const limits = { ...welcome.limits, frameBytesMax: messageBytesMax };
    tab.say(encode({ ...welcome, limits, revision: this.#revision, ...this.#expiry() }));
    if (this.#behind !== undefined) tab.say(this.#behind);
  }

  /**
   * Answered at once, with what the tabs said last: one that is frozen answers nothing, and would end the connection of
   * all. It is ended itself once it has been silent for as long as a server would wait.
   */
  #heartbeat(text: string, frame: Frame): void {
    const revision = countIn(frame, 'revision') ?? 0;
    this.#revision = Math.max(this.#revision, revision);
    this.#behind = frame.behindMs === undefined ? undefined : text;
    for (const tab of [...this.#tabs])
      if (tab.silentBeats++ < times.silentBeatsMax) tab.say(text);
      else tab.end(4408, 'the tab was silent');
    const applied = Math.min(revision, ...[...this.#tabs].map((tab) => tab.applied ?? revision));
    this.#send(encode({ type: 'heartbeat', applied }));
  }

  #reply(sharedId: number, frame: Frame, { requests }: Open): void {
    const request = requests.answered(sharedId);
    if (request === undefined) return;
    const { by, id } = request;
    const isHere = by !== undefined && this.#tabs.has(by);
    const name = textIn(frame, 'watch');
    if (frame.type === 'watching' && name !== undefined)
      if (isHere) this.#watches.named(name, by);
      else this.#unwatch(name);
    const left = textIn(request.frame, 'watch');
    if (frame.type === 'unwatched' && left !== undefined && isHere)
      this.#watches.unwatched(left, by);
    if (frame.type === 'renewed') {
      this.#hello = { ...this.#hello, token: request.frame.token };
      this.#expires(countIn(frame, 'expiresInMs'));
    }
    if (isHere) by.say(JSON.stringify({ ...frame, id }));
  }

  #unwatch(watch: string): void {
    const state = this.#state;
    if (state.kind === 'open')
      state.requests.add(undefined, 0, [{ type: 'unwatch', id: 0, watch }]);
  }

  #probe({ timer, requests }: Open): void {
    timer.expect(ANSWER_MS);
    requests.add(undefined, 0, [{ type: 'status', id: 0 }]);
  }

  #expires(inMs: number | undefined): void {
    this.#expiresAt = inMs === undefined ? undefined : this.#clock.now() + inMs;
  }

  #expiry(): { readonly expiresInMs?: number } {
    if (this.#expiresAt === undefined) return {};
    return { expiresInMs: Math.max(0, this.#expiresAt - this.#clock.now()) };
  }

  #send(message: string): void {
    const state = this.#state;
    if (state.kind === 'over') return;
    const frames =
      state.kind === 'open' ? piecesOf(message, state.welcome.limits.frameBytesMax) : [message];
    for (const frame of frames) this.#socket.send(frame);
  }

  /** Gives the server up, or leaves it. */
  #drop(code: number, reason: string): void {
    this.#end(code, reason);
    this.#socket.close(code, reason);
  }

  #end(code: number, reason: string): void {
    if (this.#state.kind === 'over') return;
    this.#become({ kind: 'over' });
    this.#onOver();
    const tabs = [...this.#tabs];
    this.#tabs.clear();
    for (const tab of tabs) tab.end(code, reason);
  }

  /** The only door from one state to another. */
  #become(next: State): void {
    if (this.#state.kind !== 'over') this.#state.timer.cancel();
    this.#state = next;
  }
}
