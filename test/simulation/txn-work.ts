import type { Condition, Entry, TxnOperation } from '@confer/shared';
import type { Client } from '../../client/src/api.ts';
import type { SeededRandom } from '../../shared/src/test-support/seeded-random.ts';
import { isWithin, type Model, type ModelEntry, sameEntry } from '../model/model.ts';
import { isExpected } from './client-work.ts';

/** Money is moved between them, and never made: what is on all of them together stays the same. */
const ACCOUNTS = ['/bank/a', '/bank/b', '/bank/c'];
const MONEY = 300;
/** Apart from what is written otherwise, so that all kinds of conditions and operations may meet there. */
const PATHS = ['/t', '/t/x', '/t/x/y', '/t/x-y', '/t/z', '/tt'];
const SUBTREES = ['/t', '/t/x', '/t/none', '/'];

export interface TxnWorkOptions {
  readonly client: Client;
  /** The request id of the write that was made last. */
  readonly lastId: () => string;
  /** The histories in which a request was made at a revision. */
  readonly madeIn: (requestId: string, revision: number) => readonly Model[];
  readonly onWritten: (requestId: string, revision: number) => void;
  readonly onProblem: (problem: string) => void;
}

type Done = Awaited<ReturnType<Client['txn']>> & { readonly results: readonly unknown[] };

/** The transactions of the programs of one process, and whether their results are true. */
export class TxnWork {
  readonly #options: TxnWorkOptions;
  #values = 0;

  constructor(options: TxnWorkOptions) {
    this.#options = options;
  }

  act(random: SeededRandom): void {
    const kind = random.next();
    if (kind < 0.4) void this.#settle(this.#transfer(random));
    else if (kind < 0.5) void this.#settle(this.#count());
    else void this.#settle(this.#any(random));
  }

  /** Opens the accounts where there are none, else moves some money, as both were seen in one look. */
  async #transfer(random: SeededRandom): Promise<void> {
    const { client } = this.#options;
    const from = random.pick(ACCOUNTS);
    const to = random.pick(ACCOUNTS.filter((path) => path !== from));
    const amount = random.int(1, 20);
    const seen = await this.#balances();
    const [source, target] = [seen.get(from), seen.get(to)];
    if (source === undefined || target === undefined) {
      const then = ACCOUNTS.map((path) => put(path, String(MONEY / ACCOUNTS.length)));
      await client.txn({ if: ACCOUNTS.map((path) => ({ path, exists: false })), then });
      return;
    }
    await client.txn({
      if: [
        { path: from, modRevision: source.modRevision },
        { path: to, value: target.value },
      ],
      then: [
        put(from, String(Number(source.value) - amount)),
        put(to, String(Number(target.value) + amount)),
      ],
    });
  }

  /** S3: what is read together was so together. */
  async #count(): Promise<void> {
    const seen = await this.#balances();
    const sum = [...seen.values()].reduce((all, { value }) => all + Number(value), 0);
    if (seen.size > 0 && sum !== MONEY)
      this.#options.onProblem(`S3 a transaction read ${sum} of ${MONEY} in all accounts`);
  }

  async #balances(): Promise<ReadonlyMap<string, Entry>> {
    const then = ACCOUNTS.map((path) => ({ type: 'get', path }) as const);
    const { results } = await this.#options.client.txn({ then });
    const held = results.flatMap((result) => ('entry' in result ? (result.entry ?? []) : []));
    return new Map(held.map((entry) => [entry.path, entry]));
  }

  /** Anything at all, whose results are held against the model. */
  async #any(random: SeededRandom): Promise<void> {
    const { client, lastId, madeIn, onWritten, onProblem } = this.#options;
    const look = await client.txn({ then: [{ type: 'list', path: '/t' }] });
    const [list] = look.results;
    const held = list !== undefined && 'entries' in list ? list.entries : [];
    const then = this.#operations(random);
    const others = this.#operations(random);
    const asked = client.txn({
      if: [conditionOn(random, held, look.revision)],
      then,
      else: others,
    });
    const requestId = lastId();
    const done = await asked;
    const { revision, succeeded } = done;
    for (const model of madeIn(requestId, revision)) {
      const problem = problemOf(done, succeeded ? then : others, model);
      if (problem !== undefined) onProblem(`S3 ${requestId} at ${revision}: ${problem}`);
      onWritten(requestId, revision);
    }
  }

  #operations(random: SeededRandom): TxnOperation[] {
    const operations: TxnOperation[] = [];
    for (let i = random.int(0, 4); i > 0; i--) {
      const path = random.pick(PATHS);
      const kind = random.next();
      this.#values += 1;
      if (kind < 0.5) operations.push(put(path, `v${this.#values}`));
      else if (kind < 0.7)
        operations.push({ type: 'delete', path, ...(random.chance(0.5) && { recursive: true }) });
      else if (kind < 0.9) operations.push({ type: 'get', path });
      else operations.push({ type: 'list', path });
    }
    const isRead = ({ type }: TxnOperation) => type === 'get' || type === 'list';
    const isApart = (one: TxnOperation, i: number) =>
      isRead(one) ||
      operations
        .slice(0, i)
        .every(
          (each) =>
            isRead(each) || !(isWithin(each.path, one.path) || isWithin(one.path, each.path)),
        );
    return operations.filter(isApart);
  }

  #settle(work: Promise<void>): Promise<void> {
    return work.catch((error: unknown) => {
      if (!isExpected(error) && !TOLD.includes(Object(error).code))
        this.#options.onProblem(`a transaction failed: ${String(error)}`);
    });
  }
}

/** What a transaction may be told where history was compacted, or put back. */
const TOLD: readonly unknown[] = ['compacted', 'future_revision', 'results_compacted'];

function put(path: string, value: string) {
  return { type: 'put', path, value } as const;
}

function conditionOn(
  random: SeededRandom,
  entries: readonly { readonly path: string }[],
  revision: number,
): Condition {
  const path = random.pick(PATHS);
  const held: Partial<Entry> = entries.find((entry) => entry.path === path) ?? {};
  return random.pick<Condition>([
    { path, exists: random.chance(0.5) },
    { path, modRevision: held.modRevision ?? 0 },
    { path, createRevision: held.createRevision ?? 0 },
    { path, version: held.version ?? 0 },
    { path, value: held.value ?? 'nothing' },
    { path, lease: null },
    { path: random.pick(SUBTREES), unchangedSince: revision },
    { path: random.pick(SUBTREES), unchangedSince: Math.max(0, revision - random.int(0, 5)) },
  ]);
}

/** What of the results is not as the model has it, before and after the commit. */
function problemOf(
  { revision, results }: Done,
  operations: readonly TxnOperation[],
  model: Model,
): string | undefined {
  const before = model.at(revision - 1);
  const after = model.at(revision);
  for (const [i, operation] of operations.entries()) {
    const result = Object(results[i]);
    const { type, path } = operation;
    const below = [...before].filter(([held]) => isWithin(held, path));
    const isRight =
      type === 'get'
        ? isSame(result.entry, before.get(path))
        : type === 'list'
          ? result.entries.length === below.length &&
            below.every(([held, entry]) =>
              isSame(
                result.entries.find((each: Entry) => each.path === held),
                entry,
              ),
            )
          : type === 'put'
            ? result.version === after.get(path)?.version &&
              result.createRevision === after.get(path)?.createRevision
            : result.deletes ===
              (operation.recursive === true ? below.length : before.has(path) ? 1 : 0);
    if (!isRight) return `${JSON.stringify(operation)} is said to have ${JSON.stringify(result)}`;
  }
  return undefined;
}

function isSame(entry: Entry | undefined, held: ModelEntry | undefined): boolean {
  if (entry === undefined || held === undefined) return entry === held;
  return sameEntry(held, entry);
}

/** S3: in no state of any history was money made or lost. */
export function* bankProblems(histories: ReadonlyMap<string, Model>): Generator<string> {
  for (const [history, model] of histories)
    for (let revision = 0; revision <= model.revision; revision++) {
      const accounts = ACCOUNTS.flatMap((path) => model.at(revision).get(path) ?? []);
      const sum = accounts.reduce((all, { value }) => all + Number(value), 0);
      if (accounts.length > 0 && sum !== MONEY)
        yield `S3 at revision ${revision} of ${history} there are ${sum} of ${MONEY}`;
    }
}
