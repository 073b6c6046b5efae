import type { Position, WatchMode, Welcome } from '@confer/shared';
import type { ClientStatus, MirrorStatus } from './status.ts';

/**
 * The state of a client, for a support ticket: plain JSON, of bounded size, without values and
 * tokens. Times are in ms since the Unix epoch.
 */
export interface Diagnostics {
  readonly now: number;
  /** As the options name it; `protocol` is the version that it speaks. */
  readonly client: {
    readonly name: string | undefined;
    readonly version: string | undefined;
    readonly protocol: number;
  };
  readonly connection: ConnectionDiagnostics;
  readonly requests: RequestsDiagnostics;
  /** Those that are not live come first; at most 100. */
  readonly watches: readonly WatchDiagnostics[];
  /** How many more there are. */
  readonly watchesOmitted: number;
  /** How often a listener threw. */
  readonly listenerErrors: number;
}

export interface Loss {
  readonly at: number;
  readonly code: number | undefined;
  readonly reason: string;
  /** Of a connection that went silent, when it was last heard (W8); else `at`. */
  readonly sureUntil: number;
}

/** What happened to a connection so far. */
export interface ConnectionHistory {
  /** When its status became what it is. */
  since: number;
  /** Attempts to connect, and how many of them a server welcomed. */
  attempts: number;
  welcomes: number;
  /** How the last connection or attempt ended; `code` is its close code, where there was a socket. */
  lastLoss: Loss | undefined;
  /** When the last frame came. */
  heardAt: number | undefined;
  /** What the server that welcomed last said of itself. */
  welcome: Welcome | undefined;
  /** The latest revision that its welcome or its heartbeats named. */
  revision: number | undefined;
}

export interface ConnectionDiagnostics extends Readonly<ConnectionHistory> {
  /** Without user names, passwords and queries. */
  readonly urls: readonly string[];
  /** The one in use, or tried last. */
  readonly url: string;
  readonly status: ClientStatus['kind'];
  /** When the next attempt begins, where one is waited for. */
  readonly retryAt: number | undefined;
  /** The wait after another failure is a random time below this. */
  readonly backoffMs: number;
}

export interface RequestsDiagnostics {
  readonly unanswered: number;
  /** How long ago the oldest of them was asked. */
  readonly oldestMs: number | undefined;
}

/** Why a watch could not go on commit by commit. */
export type ResyncReason =
  /** As the server said: see PROTOCOL.md, 5.4. */
  | 'compacted'
  | 'epoch'
  /** Commits were missing between two batches. */
  | 'gap'
  /** What it held was not what the server had: the digest differed, or a commit did not fit. */
  | 'digest'
  /** A message did not fit the state of the watch. */
  | 'misfit';

/** What happened to a watch so far. */
export interface WatchHistory {
  commits: number;
  changes: number;
  readonly resyncs: Record<ResyncReason, number>;
  lastResync: { readonly at: number; readonly reason: ResyncReason } | undefined;
}

/** One watch at the server: of all mirrors of a path, or of one iterator. */
export interface WatchDiagnostics extends Readonly<WatchHistory> {
  readonly path: string;
  readonly mode: WatchMode;
  /** As a mirror says it; of an iterator, the state of its watch. */
  readonly status: MirrorStatus | 'starting' | 'snapshotting' | 'catching-up' | 'ended';
  /**
   * At the server: not asked for, asked for, taken; after a refusal or a misfit `pausing`, until it is
   * asked for again; `held` back because its reader is slow.
   */
  readonly link: 'unknown' | 'asked' | 'named' | 'pausing' | 'held';
  readonly position: Position | undefined;
  /** Of mirrors alone. */
  readonly mirrors?: number;
  readonly staleSince?: number | undefined;
  readonly entries?: number;
  readonly digest?: string;
  /** How often the server's digest was compared, and what came of it. */
  readonly proofs?: { readonly held: number; readonly failed: number };
  /** Of iterators alone: commits that wait for the reader. */
  readonly waiting?: number;
}

const WATCHES_MAX = 100;

/** As many of them as diagnostics list. */
export function worstOf(
  watches: readonly WatchDiagnostics[],
): Pick<Diagnostics, 'watches' | 'watchesOmitted'> {
  const rank = ({ status }: WatchDiagnostics) => Number(status === 'live');
  const worstFirst = [...watches].sort((a, b) => rank(a) - rank(b));
  return {
    watches: worstFirst.slice(0, WATCHES_MAX),
    watchesOmitted: Math.max(0, watches.length - WATCHES_MAX),
  };
}
