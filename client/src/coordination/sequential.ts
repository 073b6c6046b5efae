import { type Condition, childOf, type Entry } from '@confer/shared';
import type { Client, WaitOptions } from '../api.ts';
import { ConferError } from '../errors.ts';
import { text } from '../validation/argument-types.ts';
import { checkArgument, checkOptions, checkPath } from '../validation/arguments.ts';
import { contextOf } from '../watch/context.ts';

export interface SequentialOptions extends WaitOptions {
  /** Why, for those who read the history. */
  readonly note?: string;
}

export interface SequentialEntry {
  readonly path: string;
  readonly revision: number;
}

/** So many digits, that the order of paths is that of the numbers. */
const DIGITS = 10;
const COUNTER = /^\d{10}$/;

/** The last number that was given, or where there is none, what is newer than all that ever were. */
interface Seen {
  readonly counter: Entry | undefined;
  readonly revision: number;
}

/**
 * Creates an entry below `prefix` whose name is a number of ten digits, higher than that of every entry that was
 * ever created so below it, by anybody: `/jobs/0000000812`. Numbers need not follow each other.
 *
 * The last number is the value of `prefix` itself, which is written with each entry. Where that is gone, with all that was
 * below it, numbers go on from the revision of the store: each of them took a commit, so that is above all of them. The
 * race: 1. two see that it is gone, at the same revision; 2. one creates an entry, and removes all again; 3. the
 * other would take the same number. So then nothing below `prefix` may have changed since.
 *
 * @throws {ConferError} `invalid_argument`, where `prefix` holds something else.
 */
export async function createSequential(
  client: Client,
  prefix: string,
  value: string,
  options: SequentialOptions = {},
): Promise<SequentialEntry> {
  checkPath(prefix);
  checkArgument('a value', value, text);
  checkOptions(options, { note: text });
  const { note, signal } = options;
  const { clock, endsAt } = contextOf(client).newDeadline(options);
  const rest = () => ({
    ...(note !== undefined && { note }),
    ...(signal !== undefined && { signal }),
    timeoutMs: Math.max(0, endsAt - clock.now()),
  });
  const read = { type: 'get', path: prefix } as const;
  const first = await client.txn({ then: [read], ...rest() });
  if (!first.succeeded) throw new Error('what has no condition is done');
  let seen: Seen = { counter: first.results[0].entry, revision: first.revision };
  for (;;) {
    const name = nameAfter(seen, prefix);
    const path = childOf(prefix, name);
    const outcome = await client.txn({
      if: [sameAs(seen, prefix)],
      then: [
        { type: 'put', path: prefix, value: name },
        { type: 'put', path, value },
      ],
      else: [read],
      ...rest(),
    });
    if (outcome.succeeded) return { path, revision: outcome.revision };
    seen = { counter: outcome.results[0].entry, revision: outcome.revision };
  }
}

function nameAfter({ counter, revision }: Seen, prefix: string): string {
  if (counter !== undefined && !COUNTER.test(counter.value))
    throw new ConferError(
      'invalid_argument',
      `${prefix} holds something else than the last number of what is created below it`,
      { path: prefix },
    );
  const name = String((counter === undefined ? revision : Number(counter.value)) + 1);
  if (name.length > DIGITS)
    throw new ConferError('invalid_argument', `there are no more numbers of ${DIGITS} digits`);
  return name.padStart(DIGITS, '0');
}

/** What must be so yet for the next number to be the next. */
function sameAs({ counter, revision }: Seen, prefix: string): Condition {
  return counter === undefined
    ? { path: prefix, unchangedSince: revision }
    : { path: prefix, modRevision: counter.modRevision };
}
