import type { Phase } from '../readiness.ts';

/** How a server is, as far as it decides whether it lives and whether clients belong there. */
export interface ServerCondition {
  readonly phase: Phase;
  /** The history that was served is over, and the next one is being opened. */
  readonly isBetweenHistories: boolean;
  readonly storage: {
    readonly kind: 'well' | 'behind' | 'degraded' | 'failed';
    readonly forMs: number;
    /** In words for an operator; empty where all is well. */
    readonly reason: string;
  };
  /** How long a transaction has been under way on a disk of this machine; `undefined`: none is. */
  readonly writingForMs: number | undefined;
  /** Of the last change of who may do what; `undefined` where nobody is asked who they are. */
  readonly policyRevision: number | undefined;
}

export type Verdict = 'ready' | 'degraded' | 'down';

/** One thing that was looked at. */
interface Check {
  readonly name: string;
  readonly verdict: Verdict;
  readonly text: string;
}

/** What a probe is answered with. */
export interface HealthAnswer {
  readonly status: 200 | 503;
  readonly text: string;
}

/** No transaction takes this long but on a disk that hangs; the largest commit takes a second or two. */
const WRITE_MS_MAX = 5_000;

const MARKS: Readonly<Record<Verdict, string>> = { ready: '+', degraded: '!', down: '-' };

/**
 * Whether the process does its work, or had better be started again. That the event loop turns is shown by the answer;
 * what others have to do with it (etcd, a full disk) is not asked: a restart heals none of that.
 */
export function livenessOf({ writingForMs }: Pick<ServerCondition, 'writingForMs'>): HealthAnswer {
  // safeguard: hanging-write-is-no-life
  if (!isHanging(writingForMs)) return { status: 200, text: 'alive\n' };
  return { status: 503, text: `stuck: ${writingText(writingForMs)}\n` };
}

/**
 * Whether clients belong here. A server that serves what it has is `degraded` and still ready, even where it takes no
 * writes or is out of touch with etcd: were it taken away, its clients would have nothing at all.
 */
export function verdictOf(condition: ServerCondition): Verdict {
  return worst(checksOf(condition));
}

/** The same as an answer. `isVerbose`: with what was looked at, which is for those who may operate. */
export function readinessOf(condition: ServerCondition, isVerbose: boolean): HealthAnswer {
  const checks = checksOf(condition);
  const verdict = worst(checks);
  const lines = isVerbose
    ? checks.map((check) => `[${MARKS[check.verdict]}] ${check.name}: ${check.text}\n`)
    : [];
  return { status: verdict === 'down' ? 503 : 200, text: `${lines.join('')}${verdict}\n` };
}

function checksOf(condition: ServerCondition): readonly Check[] {
  const { phase, isBetweenHistories, writingForMs, policyRevision } = condition;
  const check = (name: string, verdict: Verdict, text: string): Check => ({ name, verdict, text });
  return [
    check('phase', phase.kind === 'serving' ? 'ready' : 'down', phase.kind),
    isBetweenHistories
      ? check('history', 'down', 'it is over, and the next one is being opened')
      : check('history', 'ready', 'open'),
    storageCheck(condition),
    isHanging(writingForMs)
      ? check('writer', 'degraded', writingText(writingForMs))
      : check('writer', 'ready', 'nothing has been under way for long'),
    policyRevision === undefined
      ? check('policy', 'ready', 'nobody is asked who they are')
      : check('policy', 'ready', `as of revision ${policyRevision}`),
  ];
}

function storageCheck({ storage: { kind, forMs, reason } }: ServerCondition): Check {
  if (kind === 'well') return { name: 'storage', verdict: 'ready', text: 'well' };
  const verdict = kind === 'failed' ? 'down' : 'degraded';
  return { name: 'storage', verdict, text: `${kind} for ${seconds(forMs)}: ${reason}` };
}

function worst(checks: readonly Check[]): Verdict {
  const verdicts = new Set(checks.map(({ verdict }) => verdict));
  if (verdicts.has('down')) return 'down';
  return verdicts.has('degraded') ? 'degraded' : 'ready';
}

function isHanging(writingForMs: number | undefined): writingForMs is number {
  return writingForMs !== undefined && writingForMs > WRITE_MS_MAX;
}

function writingText(writingForMs: number): string {
  return `a write has been under way for ${seconds(writingForMs)}`;
}

function seconds(ms: number): string {
  return `${Math.floor(ms / 1_000)} s`;
}
