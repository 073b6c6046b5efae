import { isWithin, type ProtocolError } from '@confer/shared';
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

/** Writes down that somebody reads, or begins to watch, what is sensitive. */
export function auditRead(
  { type, path }: { readonly type: string; readonly path: string },
  { service: { auditing }, actor }: ApiContext,
): void {
  const meets = (subtree: string) => isWithin(path, subtree) || isWithin(subtree, path);
  if (auditing?.sensitive.some(meets) !== true) return;
  const about = { outcome: 'allowed', reason: 'read', note: type } as const;
  void auditing.audit.record({ event: 'read', ...about, who: actor, paths: [path] });
}

/** Does what is written down, before or after it, as the server was told to. */
export async function audited<Result extends { readonly revision: number }>(
  about: (result: Result | undefined) => AuditEvent,
  { service: { auditing } }: ApiContext,
  run: () => Promise<Result>,
): Promise<Result> {
  if (auditing === undefined) return run();
  if (auditing.isRequired) await auditing.audit.record(about(undefined));
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
