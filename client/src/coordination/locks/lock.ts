import type { WaitOptions } from '../../api.ts';
import { closedError } from '../../make-error.ts';
import { callback } from '../../validation/argument-types.ts';
import { checkArgument } from '../../validation/arguments.ts';
import { folderOf, LOCKS, shortened } from '../names.ts';
import type { Parts } from '../parts.ts';
import { acquire, ttlOf } from './acquire.ts';
import type { Lock, LockOptions, LockState } from './api.ts';
import { contenderOf } from './contender.ts';
import { HeldPlace } from './held.ts';
import { queueIn } from './queue.ts';

export async function lockNamed(
  parts: Parts,
  name: string,
  options: LockOptions = {},
): Promise<Lock> {
  const folder = folderOf(LOCKS, 'the name of a lock', name);
  const ttlMs = ttlOf(options);
  const { about = '' } = options;
  const wanted = {
    subject: `the lock ${name}`,
    folder,
    value: about,
    ttlMs,
    about: shortened(`lock ${name}`),
  };
  return new HeldPlace(name, await acquire(parts, wanted, options), parts.context.report);
}

/** Runs something while the lock is held. What was done while it was lost has no result to rely on. */
export async function withLockNamed<Result>(
  parts: Parts,
  name: string,
  run: (lock: Lock) => Result | Promise<Result>,
  options?: LockOptions,
): Promise<Result> {
  checkArgument('what is run', run, callback);
  const lock = await lockNamed(parts, name, options);
  try {
    const result = await run(lock);
    if (lock.loss !== undefined) throw lock.loss;
    if (parts.context.closing.aborted) throw closedError('the client');
    return result;
  } finally {
    await lock[Symbol.asyncDispose]();
  }
}

/** Who holds it and who waits for it. */
export async function inspectNamed(
  { client }: Parts,
  name: string,
  options: WaitOptions = {},
): Promise<LockState> {
  const folder = folderOf(LOCKS, 'the name of a lock', name);
  const { revision, entries } = await client.list(folder, { ...options, depth: 1 });
  const [holder, ...waiting] = queueIn(folder, entries).map(contenderOf);
  return { revision, holder, waiting };
}
