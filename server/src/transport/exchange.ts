import type { RequestHead } from './request-head.ts';
import type { Peer } from './socket.ts';

/** What an answer says before its body. */
export interface AnswerHead {
  readonly status: number;
  /** By lower-case name. What is no printable ASCII in a value is percent-encoded as it is written. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * One HTTP request that asks for no WebSocket, and the way to answer it. The gate has let it in; nothing else of it has
 * been judged. Once it is answered, or the other side is gone, every method does nothing.
 */
export interface Exchange {
  readonly head: RequestHead;
  readonly peer: Peer;
  /** Names who is told, once, that the other side went before it had its whole answer. */
  onGone(told: () => void): void;
  /**
   * Reads the body, whole, and hands it on once it is there. Of one that is longer nothing is handed on: it is answered
   * with 413, and the connection ends. Called at most once; a body that nobody reads is read over.
   */
  readBody(bytesMax: number, read: (body: Uint8Array) => void): void;
  /** Answers, and it is over. To `HEAD` the same is said without the body. */
  answer(head: AnswerHead, body?: string | Uint8Array): void;
  /** Begins an answer whose end is not known yet. Its head leaves together with the first piece. */
  stream(head: AnswerHead): AnswerStream;
}

/** The body of an answer, in pieces. */
export interface AnswerStream {
  /** Bytes that wait in this process to be written. */
  readonly bufferedBytes: number;
  /** The one rule that bounds its memory: where this is false, nothing more is begun. `onDrain` tells when it is back. */
  readonly writable: boolean;
  write(piece: string | Uint8Array): void;
  /** Names who is told each time that everything buffered has been written. */
  onDrain(told: () => void): void;
  /** Ends it after what was written. */
  end(): void;
  /** Drops the connection at once, with all that waits to be written: who reads it can tell that it is not whole. */
  terminate(): void;
}
