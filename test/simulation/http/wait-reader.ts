import type { Entry, Position } from '@confer/shared';
import type { Observation } from '../../validate/history.ts';
import {
  comesBackIn,
  type HttpReader,
  type HttpReaderOptions,
  positionOf,
  SUBTREES,
} from './http-reader.ts';

interface Page {
  readonly revision: number;
  readonly entries: readonly Entry[];
  readonly next?: string;
}

/** What a request came to: the body as text, and where it was cut off, nothing. */
interface Answer {
  readonly status: number;
  readonly position: Position | undefined;
  readonly body: string;
}

/** How a listing is read. */
type Step =
  /** All of it, from nothing. */
  | { readonly kind: 'read' }
  /** Once something came after what is shown. */
  | { readonly kind: 'wait'; readonly after: string }
  /** The next page of one state. */
  | { readonly kind: 'page'; readonly at: Position; readonly after: string; entries: Entry[] };

/** A program that reads a subtree again and again, each time once something came: a loop around curl. */
export class WaitingReader implements HttpReader {
  readonly name: string;
  readonly subtree: string;
  readonly observations: Observation[] = [];
  readonly problems: string[] = [];
  readonly #options: HttpReaderOptions;
  #position: { readonly text: string; readonly is: Position } | undefined;
  #entries: readonly Entry[] = [];
  #isStopped = false;

  constructor(options: HttpReaderOptions & { readonly subtree?: string }) {
    this.#options = options;
    this.subtree = options.subtree ?? options.random.pick(SUBTREES);
    this.name = `${options.name} (waits for ${this.subtree})`;
    this.#next();
  }

  get position(): Position | undefined {
    return this.#position?.is;
  }

  get entries(): readonly Entry[] | undefined {
    return this.#position && this.#entries;
  }

  observe(): void {
    const { position } = this;
    if (position === undefined) return;
    const history = this.#options.histories.historyOf(position);
    const { revision } = position;
    this.observations.push({ kind: 'read', history, revision, entries: this.#entries });
  }

  stop(): void {
    this.#isStopped = true;
  }

  #next(): void {
    const { text } = this.#position ?? {};
    this.#ask(text === undefined ? { kind: 'read' } : { kind: 'wait', after: text });
  }

  #ask(step: Step): void {
    const { ask, clock, random } = this.#options;
    let answer: Answer = { status: 0, position: undefined, body: '' };
    let body = '';
    const target = `/v1/list${this.subtree === '/' ? '/' : this.subtree}?${this.#queryOf(step)}`;
    ask(
      { target, headers: {} },
      {
        onHead: (status, headers) => {
          const position = positionOf(headers['confer-position'] ?? '');
          answer = { status, position, body: '' };
        },
        onBytes: (bytes) => {
          body += Buffer.from(bytes).toString('latin1');
        },
        onEnd: (isWhole) => {
          if (this.#isStopped) return;
          const text = Buffer.from(body, 'latin1').toString();
          if (isWhole && this.#take({ ...answer, body: text }, step)) return;
          clock.setTimer(comesBackIn(undefined, random), () => this.#next());
        },
      },
    );
  }

  #queryOf(step: Step): string {
    const { random } = this.#options;
    const limit = `limit=${random.pick([1, 3, 1_000])}`;
    if (step.kind === 'read') return limit;
    if (step.kind === 'wait')
      return `${limit}&wait=${random.pick(['0s', '1s', '15s'])}&after=${step.after}`;
    return `${limit}&at=${step.at.revision}&after=${encodeURIComponent(step.after)}`;
  }

  /** Whether the next request is made. */
  #take({ status, position, body }: Answer, step: Step): boolean {
    const { clock } = this.#options;
    if (status === 304 && position !== undefined && step.kind === 'wait') {
      if (position.revision < (this.position?.revision ?? 0))
        this.problems.push(`W9 ${this.name} was brought back to ${position.revision}`);
      this.#move(position);
      clock.setTimer(100, () => this.#next());
      return true;
    }
    if (status === 409) {
      this.#position = undefined;
      return false;
    }
    if (status !== 200 || position === undefined) {
      if (status !== 503) this.problems.push(`W5 ${this.name} was answered with ${status}`);
      return false;
    }
    const page: Page = JSON.parse(body);
    const entries = step.kind === 'page' ? [...step.entries, ...page.entries] : [...page.entries];
    // Pages of one revision are of one state only where they are of one history.
    if (step.kind === 'page' && !isSameLine(step.at, position)) return false;
    const at = step.kind === 'page' ? step.at : position;
    if (page.next !== undefined) this.#ask({ kind: 'page', at, after: page.next, entries });
    else {
      this.#entries = entries;
      this.#move(at);
      clock.setTimer(1, () => this.#next());
    }
    return true;
  }

  #move(is: Position): void {
    const timeline = is.timeline === undefined ? '' : `.${is.timeline}`;
    this.#position = { text: `${is.epoch}.${is.revision}${timeline}`, is };
    this.observe();
  }
}

function isSameLine(one: Position, other: Position): boolean {
  return one.epoch === other.epoch && one.timeline === other.timeline;
}
