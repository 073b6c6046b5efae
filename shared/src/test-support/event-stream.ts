/** What a reader of server-sent events is told. */
export interface ServerEvent {
  readonly type: string;
  readonly data: string;
  /** The last that was named up to here; empty before there was one. */
  readonly lastEventId: string;
}

/**
 * A reader of server-sent events that knows the standard (WHATWG HTML, 9.2) and nothing of Confer, as `EventSource` is:
 * bytes in, in pieces of any size, events out.
 */
export class EventStream {
  readonly #onEvent: (event: ServerEvent) => void;
  readonly #decoder = new TextDecoder();
  #rest = '';
  #type = '';
  #data: string[] = [];
  #idToBe = '';
  /** Of the last event that was whole: where to go on after a cut. */
  lastEventId: string;
  /** In how many milliseconds to come back, as the stream said last. */
  retryMs: number | undefined;

  constructor(onEvent: (event: ServerEvent) => void, lastEventId = '') {
    this.#onEvent = onEvent;
    this.lastEventId = lastEventId;
    this.#idToBe = lastEventId;
  }

  take(bytes: Uint8Array): void {
    this.#rest += this.#decoder.decode(bytes, { stream: true });
    for (;;) {
      const end = /\r\n|\n|\r(?!$)/.exec(this.#rest);
      if (end === null) return;
      const line = this.#rest.slice(0, end.index);
      this.#rest = this.#rest.slice(end.index + end[0].length);
      this.#line(line);
    }
  }

  #line(line: string): void {
    if (line === '') this.#dispatch();
    // What begins with a colon has no name: it is a comment.
    const [, name = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (name === 'event') this.#type = value;
    else if (name === 'data') this.#data.push(value);
    else if (name === 'id' && !value.includes('\0')) this.#idToBe = value;
    else if (name === 'retry' && /^[0-9]+$/.test(value)) this.retryMs = Number(value);
  }

  #dispatch(): void {
    this.lastEventId = this.#idToBe;
    const event = { type: this.#type || 'message', data: this.#data.join('\n') };
    const hasData = this.#data.length > 0;
    this.#type = '';
    this.#data = [];
    if (hasData) this.#onEvent({ ...event, lastEventId: this.lastEventId });
  }
}
