import { errorTable, type Welcome } from '@confer/shared';

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

export function newHistory(now: number): ConnectionHistory {
  return {
    since: now,
    attempts: 0,
    welcomes: 0,
    lastLoss: undefined,
    heardAt: undefined,
    welcome: undefined,
    revision: undefined,
  };
}

export function noteLoss(
  history: ConnectionHistory,
  at: number,
  reason: string,
  code: number | undefined,
): void {
  const isSilent = code === errorTable.silent.closeCode;
  const sureUntil = isSilent ? (history.heardAt ?? at) : at;
  history.lastLoss = { at, code, reason, sureUntil };
}

export function noteWelcome(history: ConnectionHistory, welcome: Welcome): void {
  history.welcomes++;
  history.welcome = welcome;
  history.revision = welcome.revision;
}
