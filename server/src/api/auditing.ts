import {
  isWithin,
  leasePath,
  type Operation,
  ProtocolError,
  type Reply,
  type Request,
} from '@confer/shared';
import type { AuditActor, AuditEvent } from '../audit/events.ts';
import { Denied } from '../auth/authorise.ts';
import { type ApiContext, errorReply } from './context.ts';

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

/** The answer to a request that failed. That somebody wanted what they may not is written down, whenever it turned out. */
export function refusal(
  { type, id }: { readonly type: string; readonly id: number },
  error: unknown,
  context: ApiContext,
): Reply {
  if (error instanceof Denied) context.service.counters.count(`denied.${error.verb}`);
  if (error instanceof ProtocolError && error.code === 'forbidden')
    // safeguard: denial-is-written-down
    auditDenied(type, error, context);
  return errorReply(id, error, context.service);
}

export function auditDenied(type: string, error: ProtocolError, context: ApiContext): void {
  const { path } = error.details;
  void context.service.auditing?.audit.record({
    ...{ event: 'denied', outcome: 'denied', reason: `${type}: ${error.message}` },
    ...{ who: context.actor, paths: path === undefined ? [] : [path] },
  });
}

/** Writes down that somebody reads, or begins to watch, what is sensitive. Once, however long it waits for its answer. */
export function auditRead(request: Request, { service, actor }: ApiContext): void {
  if (isRead(request)) auditReads(request.type, [request.path], { service, actor });
}

/** The same of a request that reads at several places: one line for all that are sensitive. */
export function auditReads(
  type: string,
  paths: readonly string[],
  { service: { auditing }, actor }: Pick<ApiContext, 'service' | 'actor'>,
): void {
  if (auditing === undefined || auditing.sensitive.length === 0) return;
  const isSensitive = (path: string) =>
    auditing.sensitive.some((each) => isWithin(path, each) || isWithin(each, path));
  const sensitive = paths.filter(isSensitive);
  // safeguard: only-sensitive-reads-are-audited
  if (sensitive.length === 0) return;
  const about = { outcome: 'allowed', reason: 'read', note: type } as const;
  const named = sensitive.slice(0, PATHS_MAX);
  void auditing.audit.record({ event: 'read', ...about, who: actor, paths: named });
}

type ReadType = 'get' | 'list' | 'history' | 'log' | 'watch';

const READS: ReadonlySet<Request['type']> = new Set(['get', 'list', 'history', 'log', 'watch']);

function isRead(request: Request): request is Extract<Request, { type: ReadType }> {
  return READS.has(request.type);
}

export interface Audited<Result> {
  /** What is written down of it, before it is done (without a result), and after. */
  readonly about: (result: Result | undefined) => AuditEvent;
  /** Throws `forbidden` where the one who asks may not. */
  readonly authorise: () => void;
  readonly run: () => Promise<Result>;
  /** Of a write that may be sent again. */
  readonly requestId?: string;
}

/**
 * Does what is written down, before or after it, as the server was told to. Without `await` where the line need not
 * be there first: that would cost each write a turn of promises.
 */
export function audited<Result extends { readonly revision: number }>(
  { about, authorise, run, requestId }: Audited<Result>,
  context: ApiContext,
): Promise<Result> {
  const { auditing } = context.service;
  if (auditing === undefined) return run();
  const { audit, isRequired } = auditing;
  const noted = (result: Result) => {
    void audit.record(about(result));
    return result;
  };
  // safeguard: required-audit-comes-before
  if (!isRequired) return run().then(noted);
  const written = Promise.resolve(audit.record(about(undefined)));
  return written.then(
    () => {
      // A right may have ended while the line was on its way to the disk.
      // safeguard: right-holds-after-the-audit
      authorise();
      return run().then(noted);
    },
    (error: unknown) => rejectUnwritten(error, requestId, context),
  );
}

/**
 * Who is told `unavailable` takes a write for not made. That is true of one whose line cannot be written, but where it was
 * made before and is sent again.
 */
async function rejectUnwritten(
  error: unknown,
  requestId: string | undefined,
  { service: { store }, principal }: ApiContext,
): Promise<never> {
  // safeguard: write-without-a-line-was-not-made-before
  if (requestId === undefined || !(await store.mayHaveMade(requestId, principal.name))) throw error;
  throw new ProtocolError(
    'outcome_unknown',
    'it may have been made before, and the audit cannot be written now',
  );
}

const BY_RIGHT = 'the rights of its principal';

/** What is written, as far as the audit has it. */
interface Written {
  readonly operations: readonly Operation[];
  readonly note: string | undefined;
  readonly requestId: string;
  readonly traceparent: string | undefined;
}

/** A commit, as the audit has it. Nearly all are of one path, and each object that is made in between costs a tenth of the line. */
export function commitEvent(
  { operations, note, requestId, traceparent }: Written,
  result: { readonly revision: number } | undefined,
  { actor: who }: ApiContext,
): AuditEvent {
  const pathCount = operations.length;
  const paths = pathsOf(operations);
  const event: AuditEvent =
    result === undefined
      ? {
          event: 'commit',
          outcome: 'allowed',
          reason: BY_RIGHT,
          who,
          requestId,
          paths,
          pathCount,
        }
      : {
          event: 'commit',
          outcome: 'done',
          reason: BY_RIGHT,
          who,
          requestId,
          revision: result.revision,
          paths,
          pathCount,
        };
  if (note === undefined && traceparent === undefined) return event;
  return { ...event, ...(note !== undefined && { note }), ...(traceparent && { traceparent }) };
}

/** A commit that was made, where its line need not be there first: so it takes no promise of its own. */
export function noteCommit(
  written: Written,
  outcome: { readonly revision: number },
  context: ApiContext,
): void {
  const { auditing } = context.service;
  if (auditing === undefined || auditing.isRequired) return;
  void auditing.audit.record(commitEvent(written, outcome, context));
}

function pathsOf(operations: readonly Operation[]): readonly string[] {
  const [first] = operations;
  if (operations.length === 1 && first !== undefined) return [first.path];
  return operations.slice(0, PATHS_MAX).map(({ path }) => path);
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

/** A lease was made or ended by somebody. */
export function leaseEvent(
  what: string,
  lease: string,
  result: { readonly revision: number } | undefined,
  { actor }: ApiContext,
): AuditEvent {
  const paths = [leasePath(lease)];
  return { event: 'commit', who: actor, note: what, ...outcomeOf(result), paths };
}

function outcomeOf(result: { readonly revision: number } | undefined) {
  return result === undefined
    ? ({ outcome: 'allowed', reason: BY_RIGHT } as const)
    : ({ outcome: 'done', reason: BY_RIGHT, revision: result.revision } as const);
}
