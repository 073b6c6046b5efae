import type { ProtocolError } from '@confer/shared';
import type { AuditActor, AuditEvent } from '../audit/events.ts';
import type { Draft } from '../store/draft.ts';
import type { ApiContext } from './context.ts';

/** As many as a line names; the rest are counted. */
const PATHS_MAX = 20;

/** Who asks, for the audit: one object for as long as that stays the same. */
export function actorOf({
  principal,
  sink,
  client,
}: Pick<ApiContext, 'principal' | 'sink' | 'client'>): AuditActor {
  const { name, kind, tokenId } = principal;
  return {
    principal: name,
    kind: kind === 'anyone' ? 'local' : kind,
    ...(tokenId === undefined ? {} : { tokenId }),
    ...(client?.name === undefined
      ? {}
      : { client: { name: client.name, ...(client.version && { version: client.version }) } }),
    address: sink.address,
    session: sink.id,
  };
}

/** Writes down that somebody wanted what they may not. */
export function auditDenied(type: string, error: ProtocolError, context: ApiContext): void {
  const { path } = error.details;
  void context.service.auditing?.audit.record({
    ...{ event: 'denied', outcome: 'denied', reason: `${type}: ${error.message}` },
    ...{ who: context.actor, paths: path === undefined ? [] : [path] },
  });
}

export interface Audited<Result> {
  /** What is written down of it, before it is done (without a result), and after. */
  readonly about: (result: Result | undefined) => AuditEvent;
  /** Throws `forbidden` where the one who asks may not. */
  readonly authorise: () => void;
  readonly run: () => Promise<Result>;
}

/** Does what is written down, before or after it, as the server was told to. */
export async function audited<Result extends { readonly revision: number }>(
  { about, authorise, run }: Audited<Result>,
  { service: { auditing } }: ApiContext,
): Promise<Result> {
  if (auditing === undefined) return run();
  if (auditing.isRequired) {
    await auditing.audit.record(about(undefined));
    // A right may have ended while the line was on its way to the disk.
    authorise();
  }
  const result = await run();
  void auditing.audit.record(about(result));
  return result;
}

/** A commit, as the audit has it. */
export function commitEvent(
  { operations, note, requestId }: Draft,
  result: { readonly revision: number } | undefined,
  { actor }: ApiContext,
): AuditEvent {
  const about = { who: actor, requestId, ...(note === undefined ? {} : { note }) };
  return {
    ...{ event: 'commit', ...about, ...outcomeOf(result) },
    ...{ paths: operations.slice(0, PATHS_MAX).map(({ path }) => path) },
    pathCount: operations.length,
  };
}

/** That history was dropped; before it is done, up to the revision that it is asked for. */
export function compactEvent(
  result: { readonly revision: number } | undefined,
  asked: number,
  { actor }: ApiContext,
): AuditEvent {
  const outcome = result === undefined ? 'allowed' : 'done';
  const revision = result?.revision ?? asked;
  return { event: 'compact', outcome, reason: 'operate on /', who: actor, revision };
}

/** A change of who may do what. */
export function authEvent(
  what: string,
  path: string,
  result: { readonly revision: number } | undefined,
  { actor }: ApiContext,
): AuditEvent {
  return { event: 'authChanged', who: actor, note: what, ...outcomeOf(result), paths: [path] };
}

function outcomeOf(result: { readonly revision: number } | undefined) {
  return result === undefined
    ? ({ outcome: 'allowed', reason: 'the rights of its principal' } as const)
    : ({
        outcome: 'done',
        reason: 'the rights of its principal',
        revision: result.revision,
      } as const);
}
