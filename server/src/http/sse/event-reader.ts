import {
  decodeDown,
  errorKind,
  type Position,
  type ProtocolError,
  type WatchMode,
} from '@confer/shared';
import type { AnswerHead, AnswerStream } from '../../transport/exchange.ts';
import type { Opening, WatchFrame, WatchReader } from '../watching-socket.ts';
import { type Bookmark, firstBookmark, marked, movedByHeartbeat } from './bookmark.ts';
import { type EventTexts, idLine, ownEvent, type ReadHistory, retryLine } from './event-text.ts';

/**
 * A reader whose stream breaks comes back after that long, each after another time. `EventSource` waits no longer after
 * attempts that failed, so this is also how often it asks while there is no server.
 */
const RETRY_MS_MIN = 1_000;
const RETRY_MS_SPREAD = 4_000;

export interface EventReaderParts {
  readonly mode: WatchMode;
  readonly after: Position | undefined;
  readonly texts: EventTexts;
  readonly random: () => number;
  /** Begins the answer. */
  readonly stream: (head: AnswerHead) => AnswerStream;
  /** Answers with an error what never became a stream. */
  readonly refuse: (error: ProtocolError) => void;
  /** Everything that waited has been written. */
  readonly onDrain: () => void;
}

/** The head of every stream: nobody between may keep it or wait until it is whole. */
export const EVENT_STREAM: AnswerHead = {
  status: 200,
  headers: {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
    // nginx, and whoever does as it does.
    'x-accel-buffering': 'no',
  },
};

/** A stream that was begun. */
interface Streaming {
  readonly stream: AnswerStream;
  readonly history: ReadHistory;
}

/** Writes the messages of a watch as server-sent events. */
export class EventReader implements WatchReader {
  readonly #parts: EventReaderParts;
  #streaming: Streaming | undefined;
  #bookmark: Bookmark = { kind: 'unknown' };
  #saidGoodbye = false;

  constructor(parts: EventReaderParts) {
    this.#parts = parts;
  }

  get bufferedBytes(): number {
    return this.#streaming?.stream.bufferedBytes ?? 0;
  }

  get writable(): boolean {
    return this.#streaming?.stream.writable ?? true;
  }

  begin({ welcome, watching }: Opening): void {
    const { mode, after, random, stream: begin, onDrain } = this.#parts;
    const { epoch, timeline } = welcome;
    const history = timeline === undefined ? { epoch } : { epoch, timeline };
    const stream = begin(EVENT_STREAM);
    this.#streaming = { stream, history };
    stream.onDrain(onDrain);
    const start = after?.epoch === epoch ? after.revision : after && 'another history';
    this.#bookmark = firstBookmark(mode, watching, start);
    const retryInMs = RETRY_MS_MIN + Math.floor(random() * RETRY_MS_SPREAD);
    stream.write(retryLine(retryInMs) + ownEvent('welcome', JSON.stringify(welcome)));
    const isStart = mode === 'events' && after === undefined;
    const id = isStart ? idLine({ ...history, revision: watching.revision }) : '';
    stream.write(ownEvent('watching', JSON.stringify(watching), id));
  }

  take(frame: WatchFrame): boolean {
    const streaming = this.#streaming;
    if (streaming === undefined) return false;
    if (typeof frame === 'string') return this.#takeOwn(frame, streaming);
    const { stream, history } = streaming;
    const event = this.#parts.texts.of(frame, history);
    this.#bookmark = marked(this.#bookmark, event);
    stream.write(event.bytes);
    const isLast = event.type === 'compacted' || event.type === 'revoked';
    if (isLast) stream.end();
    return isLast;
  }

  end(error: ProtocolError): void {
    const stream = this.#streaming?.stream;
    if (stream === undefined) this.#parts.refuse(error);
    else {
      const { code, message } = error;
      const closed = { type: 'closed', code, ...closeCodeOf(error), message };
      if (!this.#saidGoodbye) stream.write(ownEvent('closed', JSON.stringify(closed)));
      stream.end();
    }
  }

  drop(): void {
    this.#streaming?.stream.terminate();
  }

  /** A message to this reader alone. */
  #takeOwn(text: string, { stream, history }: Streaming): boolean {
    const decoded = decodeDown(text);
    if (!decoded.ok) throw new Error(`the server made a bad frame: ${decoded.problem}`);
    const { message } = decoded;
    if (message.type === 'heartbeat') {
      const moved = movedByHeartbeat(this.#bookmark, message.revision);
      if (moved !== undefined) this.#bookmark = { kind: 'at', revision: moved };
      const id = moved === undefined ? '' : idLine({ ...history, revision: moved });
      stream.write(ownEvent('heartbeat', text, id));
    } else if (message.type === 'goodbye') {
      this.#saidGoodbye = true;
      stream.write(ownEvent('goodbye', text, retryLine(RETRY_MS_MIN + message.retryInMs)));
    } else stream.write(ownEvent(message.type, text));
    return false;
  }
}

function closeCodeOf({ code }: ProtocolError): { readonly closeCode?: number } {
  const { closeCode } = errorKind(code);
  return closeCode === undefined ? {} : { closeCode };
}
