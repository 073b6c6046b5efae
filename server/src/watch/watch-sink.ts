import type { Frame } from './frames.ts';

/** Where the frames of a connection go. */
export interface FrameSink {
  /** Whether the connection takes more. A send may end that; the session says when it is back. */
  readonly writable: boolean;
  send(frame: Frame): void;
}

/** What a watcher knows of its connection. */
export interface WatchSink {
  /** Whether anybody is there still: what was asked for may have had to wait. */
  readonly isOpen: boolean;
  /** Always the same one. */
  readonly frames: FrameSink;
  /** A watch has come further; `completeTo` may have grown. */
  advanced(): void;
  /** The watch cannot go on: something is broken here, and the client had better come again. */
  fail(error: unknown): void;
}
