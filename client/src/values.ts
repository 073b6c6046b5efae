import type {
  Entry,
  EntryMeta,
  Operation,
  Reply,
  Request,
  Status,
  Unsent,
  Welcome,
} from '@confer/shared';
import type {
  Client,
  CommitOptions,
  CommitResult,
  GetOptions,
  Listing,
  ListOptions,
  RemoveOptions,
  SetOptions,
  WaitOptions,
  WriteOptions,
} from './api.ts';
import { isComparable } from './connection/comparable.ts';
import { ConferError } from './errors.ts';
import type { Replica } from './mirror/replica.ts';
import type { Subscriptions } from './mirror/subscriptions.ts';
import type { Deadline, NewDeadline } from './requests/deadline.ts';
import { hasValues, readListing } from './requests/listing.ts';
import type { Answer, Requests } from './requests/requests.ts';
import { count, flag, object, text } from './validation/argument-types.ts';
import {
  checkArgument,
  checkOptions,
  checkPath,
  checkSubtree,
  checkWrite,
} from './validation/arguments.ts';

/** An answer that says how new it is. */
interface Seen {
  readonly reply: { readonly revision: number };
  readonly welcome: Welcome;
}

/** Requests that read and write values, as a client offers them: arguments checked, answers unwrapped. */
export class Values
  implements Pick<Client, 'get' | 'set' | 'remove' | 'list' | 'commit' | 'serverStatus' | 'compact'>
{
  readonly #requests: Requests;
  readonly #subscriptions: Subscriptions;
  readonly #newDeadline: NewDeadline;
  /** A fresh idempotency key for each write (S4). */
  readonly #newId: () => string;
  /** The newest that was told. */
  #seen: Seen | undefined;

  constructor(
    requests: Requests,
    subscriptions: Subscriptions,
    newDeadline: NewDeadline,
    newId: () => string,
  ) {
    this.#requests = requests;
    this.#subscriptions = subscriptions;
    this.#newDeadline = newDeadline;
    this.#newId = newId;
  }

  async get(path: string, options: GetOptions = {}): Promise<Entry | undefined> {
    checkPath(path);
    checkOptions(options, { stale: flag, at: count });
    const { stale, at } = options;
    const deadline = this.#newDeadline(options);
    const read = (stale: boolean | undefined) =>
      this.#requests.ask('got', (id) => ({ type: 'get', id, path, at, stale }), deadline);
    let answer = await read(stale);
    if (at === undefined && this.#isOld(answer)) answer = await read(false);
    this.#see(answer);
    // A server of before passes over what it does not know.
    if (answer.reply.revision !== (at ?? answer.reply.revision))
      throw new ConferError('internal', 'the server ignores at');
    return answer.reply.entry ?? undefined;
  }

  async set(
    path: string,
    value: string,
    options: SetOptions = {},
  ): Promise<{ readonly revision: number }> {
    checkOptions(options, { lease: text });
    const { lease, ...rest } = options;
    const put = { type: 'put', path, value } as const;
    const operations = [lease === undefined ? put : { ...put, lease }];
    const { revision } = await this.commit({ ...commitOf(path, rest), operations });
    return { revision };
  }

  async remove(
    path: string,
    options: RemoveOptions = {},
  ): Promise<{ readonly revision: number; readonly removed: number }> {
    checkOptions(options, { recursive: flag });
    const recursive = options.recursive === true ? { recursive: true } : {};
    const operations = [{ type: 'delete', path, ...recursive }] as const;
    const { revision, deletes } = await this.commit({ ...commitOf(path, options), operations });
    return { revision, removed: deletes };
  }

  list(path: string, options: ListOptions & { values: false }): Promise<Listing<EntryMeta>>;
  list(path: string, options?: ListOptions): Promise<Listing>;
  async list(path: string, options: ListOptions = {}): Promise<Listing | Listing<EntryMeta>> {
    checkSubtree(path);
    const deadline = this.#newDeadline(options);
    checkOptions(options, { depth: count, values: flag, stale: flag, at: count });
    const listing = await readListing(options, async (query) => {
      const read = (stale: boolean | undefined) =>
        this.#requests.ask(
          'listed',
          (id) => ({ type: 'list', id, path, ...query, stale }),
          deadline,
        );
      let page = await read(query.stale);
      if (query.at === undefined && this.#isOld(page)) page = await read(false);
      this.#see(page);
      return page;
    });
    if (options.values === false || hasValues(listing)) return listing;
    throw new ConferError('internal', 'the server left out the values of a list', { path });
  }

  async commit(request: CommitOptions): Promise<CommitResult> {
    checkArgument('a commit', request, object);
    checkOptions(request, { note: text }, 'commit');
    const { operations, conditions, note } = request;
    checkWrite(operations, conditions);
    const { reply } = await this.write(
      'committed',
      operations,
      this.#newDeadline(request),
      (id, requestId) => ({ type: 'commit', id, requestId, operations, conditions, note }),
      ({ puts, deletes }) => puts + deletes > 0,
    );
    const { revision, puts, deletes } = reply;
    return { revision, puts, deletes };
  }

  /**
   * Asks for what may write `operations`. Read-your-writes: returns when the mirrors of the client show what `isMade`
   * says was written (W12).
   */
  async write<Type extends 'committed' | 'decided'>(
    type: Type,
    operations: readonly Operation[],
    deadline: Deadline,
    request: (id: number, requestId: string) => Unsent<Request>,
    isMade: (reply: Answer<Type>['reply']) => boolean,
  ): Promise<Answer<Type>> {
    const requestId = this.#newId();
    let behind: readonly Replica[] = [];
    const answer = await this.#requests.ask(
      type,
      (id) => request(id, requestId),
      deadline,
      () => {
        behind = this.#subscriptions.behind(operations);
      },
    );
    this.#see(answer);
    const { reply, welcome }: Seen = answer;
    const { revision } = reply;
    // safeguard: write-waits-for-its-mirrors
    if (isMade(answer.reply))
      await Promise.all(behind.map((replica) => replica.show({ ...welcome, revision }, deadline)));
    return answer;
  }

  async serverStatus(options?: WaitOptions): Promise<Omit<Status, 'type' | 'id'>> {
    const { reply } = await this.#ask('status', options, (id) => ({ type: 'status', id }));
    const { type: _, id: __, ...status } = reply;
    return status;
  }

  async compact(
    revision?: number,
    options?: WaitOptions,
  ): Promise<{ readonly compactedRevision: number }> {
    if (revision !== undefined) checkArgument('a revision', revision, count);
    const { reply } = await this.#ask('compaction', options, (id) => ({
      type: 'compact',
      id,
      revision,
    }));
    return { compactedRevision: reply.compactedRevision };
  }

  /** Another server may be behind the one that answered before (W9). */
  #isOld({ reply, welcome }: Seen): boolean {
    const seen = this.#seen;
    if (seen === undefined || !isComparable(welcome, seen.welcome)) return false;
    return reply.revision < seen.reply.revision;
  }

  #see(answer: Seen): void {
    if (!this.#isOld(answer)) this.#seen = answer;
  }

  #ask<Type extends Reply['type']>(
    type: Type,
    options: WaitOptions | undefined,
    request: (id: number) => Unsent<Request>,
  ): Promise<Answer<Type>> {
    return this.#requests.ask(type, request, this.#newDeadline(options));
  }
}

/** A write to one path, but for what it writes. */
function commitOf(path: string, allOptions: WriteOptions): Omit<CommitOptions, 'operations'> {
  checkOptions(allOptions, { ifRevision: count, note: text });
  const { ifRevision, ...options } = allOptions;
  return ifRevision === undefined
    ? options
    : { ...options, conditions: [{ path, modRevision: ifRevision }] };
}
