import { errorTable, type Welcome } from '@confer/shared';
import type { ConnectionHistory } from '../diagnostics.ts';

/** The counters of a connection and what happened to it last, for diagnostics. */
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
