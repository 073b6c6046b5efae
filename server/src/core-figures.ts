import { type TokenRecord, tokenProblem } from './auth/records.ts';
import type { Engine, Health } from './engine/engine.ts';
import type { ServerCondition } from './health/health.ts';
import type { CoreFigures } from './metrics/figures.ts';
import type { SessionService } from './session/service.ts';
import type { Session } from './session/session.ts';

/** How a core is now, for a page of metrics. */
export function coreFigures(
  { store, hub, auth, auditing, clock }: SessionService,
  { health, maintenance }: Engine,
  sessions: Iterable<Session>,
): CoreFigures {
  let connections = 0;
  let outboundBytes = 0;
  for (const { frames } of sessions) {
    connections += 1;
    outboundBytes += frames.bufferedBytes;
  }
  const now = clock.now();
  return {
    connections,
    outboundBytes,
    watches: hub.tally.read(),
    watchGroups: hub.groups,
    lagRevisions: hub.tally.lagOf(hub.revision),
    revision: store.revision,
    compactedRevision: store.compactedRevision,
    entries: store.entryCount,
    historyCommits: maintenance.historyCommits,
    historyBytes: maintenance.historyBytes,
    storage: storageOf(health.current, now),
    tokens: tokensOf(auth.administration?.policy.current.tokens, now),
    audit: auditing && { lost: auditing.audit.lost, isFailing: auditing.audit.isFailing },
  };
}

/** The same under the names of the `counters` request. */
export function gaugesOf(figures: CoreFigures): Readonly<Record<string, number>> {
  const { connections, outboundBytes, watches, watchGroups, lagRevisions } = figures;
  const { revision, compactedRevision, entries, historyCommits, historyBytes } = figures;
  const standing: Record<string, number> = {};
  for (const each of watches) {
    const name = `watches.${each.standing}`;
    standing[name] = (standing[name] ?? 0) + each.count;
  }
  const all = watches.reduce((sum, { count }) => sum + count, 0);
  return {
    ...{ connections, outboundBytes, watches: all, ...standing, watchGroups, lagRevisions },
    ...{ revision, compactedRevision, entries, historyCommits, historyBytes },
  };
}

/** How a core is now, for whoever asks whether clients belong there. */
export function coreCondition(
  { auth, clock, runtime }: SessionService,
  { health: { current, writingSinceMs } }: Engine,
): Pick<ServerCondition, 'storage' | 'writingForMs' | 'policyRevision'> {
  const reason = current.kind === 'well' ? '' : current.reason;
  return {
    storage: { ...storageOf(current, clock.now()), reason },
    writingForMs: writingSinceMs === undefined ? undefined : runtime.uptimeMs() - writingSinceMs,
    policyRevision: auth.administration?.policy.current.revision,
  };
}

function storageOf(health: Health, now: number): CoreFigures['storage'] {
  // A clock that was set back says nothing of the time between.
  const forMs = health.kind === 'well' ? 0 : Math.max(0, now - health.since);
  return { kind: health.kind, forMs };
}

function tokensOf(
  tokens: ReadonlyMap<string, TokenRecord> | undefined,
  now: number,
): ReadonlyMap<string, number> {
  if (tokens === undefined) return new Map();
  const states = new Map([...TOKEN_STATES].map((state) => [state, 0]));
  for (const token of tokens.values()) {
    const state = stateOf(token, now);
    states.set(state, (states.get(state) ?? 0) + 1);
  }
  return states;
}

const TOKEN_STATES = ['valid', 'early', 'expired', 'disabled'] as const;

function stateOf(token: TokenRecord, now: number): (typeof TOKEN_STATES)[number] {
  if (tokenProblem(token, now) === undefined) return 'valid';
  if (token.disabled === true) return 'disabled';
  return (token.notBefore ?? 0) > now ? 'early' : 'expired';
}
