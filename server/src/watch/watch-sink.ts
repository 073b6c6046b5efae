import type { Frame } from './frames.ts';

/** Where the frames of a watcher go. */
export interface WatchSink {
  /** Whether the connection takes more. A send may end that; the session says when it is back. */
  readonly writable: boolean;
  send(frame: Frame): void;
  /** A watch has come further; `completeTo` may have grown. */
  advanced(): void;
  /** The watch cannot go on: something is broken here, and the client had better come again. */
  fail(error: unknown): void;
}
