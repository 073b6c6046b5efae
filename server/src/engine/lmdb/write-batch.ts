import { ProtocolError } from '@confer/shared';
import type { CommitOutcome, EngineCommit, EngineOperation, WriteRequest } from '../engine.ts';
import type { RecordedWrite } from '../idempotency.ts';
import type { Pending } from '../pending.ts';

/** About what one turn of the event loop judges and writes: some milliseconds. */
const TURN_COST_MAX = 500;
/** A request that costs more than this has a transaction to itself, over several turns. */
const LARGE_COST = 500;
/** So many code units of text cost as much as an operation. */
const COST_LENGTH = 4_096;

interface Answer {
  readonly to: Pending;
  readonly told: CommitOutcome | ProtocolError;
}

/** The requests of one transaction, and what became of each; nobody is told before it is durable. */
export class WriteBatch {
  /** By request id, of those that made a commit. */
  readonly outcomes = new Map<string, RecordedWrite>();
  readonly commits: EngineCommit[] = [];
  /** When all of it was judged, in milliseconds that the process had run. */
  judgedMs = 0;
  #taken: readonly Pending[] = [];
  #answers: Answer[] = [];
  #isLarge = false;

  /** Takes what one transaction holds from the front of a queue, and returns the rest. */
  take(queue: Pending[]): Pending[] {
    let cost = 0;
    let count = 0;
    for (const { request } of queue) {
      const own = costOf(request);
      if (count > 0 && (own > LARGE_COST || cost + own > TURN_COST_MAX)) break;
      cost += own;
      count++;
      this.#isLarge = own > LARGE_COST;
      if (this.#isLarge) break;
    }
    this.#taken = queue.slice(0, count);
    return queue.slice(count);
  }

  get taken(): readonly Pending[] {
    return this.#taken;
  }

  /** It takes more than a turn of the event loop. */
  get isLarge(): boolean {
    return this.#isLarge;
  }

  /** All that is asked for makes room in the end. */
  get isFreeing(): boolean {
    return this.#taken.every(isFreeing);
  }

  /** Forgets what an earlier try came to. */
  begin(): void {
    this.outcomes.clear();
    this.commits.length = 0;
    this.#answers = [];
  }

  made(to: Pending, commit: EngineCommit, write: RecordedWrite): void {
    this.commits.push(commit);
    this.outcomes.set(to.request.requestId, write);
    this.decide(to, write.outcome);
  }

  decide(to: Pending, told: CommitOutcome | ProtocolError): void {
    this.#answers.push({ to, told });
  }

  answer(): void {
    for (const { to, told } of this.#answers)
      if (told instanceof ProtocolError) to.reject(told);
      else to.resolve(told);
  }
}

/** What makes room in the end. */
export function isFreeing({ request: { operations, otherwise = [] } }: Pending): boolean {
  return [operations, otherwise].every((branch) => branch.every(({ type }) => type === 'delete'));
}

/** The removal of a subtree is as large as that is, which nobody knows yet; what is to be looked at of one is, too. */
function costOf({ operations, conditions, otherwise = NONE }: WriteRequest): number {
  let cost = costOfAll(operations) + (otherwise.length > 0 ? costOfAll(otherwise) : 0);
  for (const condition of conditions) {
    if ('unchangedSince' in condition) return Number.POSITIVE_INFINITY;
    cost += 1 + ('value' in condition ? Math.floor(condition.value.length / COST_LENGTH) : 0);
  }
  return cost;
}

const NONE: readonly EngineOperation[] = [];

function costOfAll(operations: readonly EngineOperation[]): number {
  let cost = operations.length;
  for (const operation of operations) {
    if (operation.type === 'put') cost += Math.floor(operation.value.length / COST_LENGTH);
    else if (operation.recursive === true) return Number.POSITIVE_INFINITY;
  }
  return cost;
}
