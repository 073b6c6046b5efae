import type { Data, Entry, Operation } from '@confer/shared';
import type { ClientOptions } from '../api.ts';
import type { NodeClient } from '../node-client.ts';

/**
 * What a path is given. A string is what the entry holds, as in `client.set`. All else is data by the convention that
 * `confer import` follows: `8080` and `true` are written as they read, a list as JSON, and a map is the subtree below
 * the path.
 */
export type TestValue = Data;

/** By path: `{ '/shop/port': '8080', '/shop/db': { pool: 20 } }`. */
export type TestData = Readonly<Record<string, TestValue>>;

/** How a server sends everybody away. */
export type Refusal =
  /** It does not know the token: connections end, and no new one is let in. */
  | 'unauthenticated'
  /**
   * The right to do anything is taken away: what is watched is revoked, and each request is refused. As on a real server
   * that is a revision of its own, which shows nothing.
   */
  | 'forbidden';

/** What a write of the test may say beside what it writes. */
export interface TestWriteOptions {
  /** Why, as those who read the history are told. */
  readonly note?: string;
}

/**
 * A server in memory for tests of applications. The clients it gives are real ones, with all that a client on Node can do: all but the socket, the clock and the
 * randomness is what runs in production. Frames travel by themselves, in order, without a socket. Time stands
 * still, for the server and its clients, until `advance`; so does all that waits for time: timeouts, heartbeats, the
 * pause before a client comes back, which takes as long as it may at most.
 *
 * Each method that returns a promise has done its work when it returns, and resolves like `settle`: once everybody was
 * told. What is wrong with an argument is an error with the code that a client would throw.
 */
export interface TestServer {
  /** What `client.status` names it. Nothing listens there. */
  readonly url: string;
  /** Of the newest commit. */
  readonly revision: number;
  /** Of the history; another one after `restore`. */
  readonly epoch: string;
  /** What the clock shows, in ms since the Unix epoch. */
  readonly now: number;
  /** How many connections there are. */
  readonly connections: number;
  /** What a path holds, whatever clients know of it. */
  get(path: string): Entry | undefined;
  /** A client of this server. `close` of the server closes it, too. */
  connect(options?: ClientOptions): NodeClient;
  /** Somebody else writes one commit: a value, or all that a map holds. What else is there stays. */
  set(
    path: string,
    value: TestValue,
    options?: TestWriteOptions,
  ): Promise<{ readonly revision: number }>;
  /** Somebody else removes a path, or with `recursive` all at and below it. */
  remove(
    path: string,
    options?: TestWriteOptions & { readonly recursive?: boolean },
  ): Promise<{ readonly revision: number }>;
  /** Somebody else writes several operations as one commit. */
  commit(
    operations: readonly Operation[],
    options?: TestWriteOptions,
  ): Promise<{ readonly revision: number }>;
  /** Drops history up to a revision, or all of it: who was away since before it is told that it missed something. */
  compact(revision?: number): Promise<void>;
  /**
   * Puts a backup back: another history, in another epoch, with these data (default: those of now) as its first commit.
   * Connections are lost.
   */
  restore(data?: TestData): Promise<void>;
  /** Connections are lost, as by a broken network. Clients come back by themselves after a while. */
  disconnect(): Promise<void>;
  /** Says goodbye and ends connections; nobody is let in until `start`. What is there stays. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** The process stands still, and nothing is sent or read; connections stay open until clients give up. */
  freeze(): Promise<void>;
  /** It goes on, with all that came meanwhile. */
  thaw(): Promise<void>;
  /** Sends everybody away, until `accept`. */
  refuse(refusal: Refusal): Promise<void>;
  accept(): Promise<void>;
  /** Lets time pass, step by step from one timer to the next; after each everybody was told. */
  advance(durationMs: number): Promise<void>;
  /**
   * Resolves when all that was sent has arrived and listeners were called, with all that follows from it in promises.
   * What the application waits for elsewhere (files, real timers) is its own.
   */
  settle(): Promise<void>;
  /** Closes all clients. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
