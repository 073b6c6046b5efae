import type { Clock } from '@confer/shared';
import { type Context, notice } from '../context.ts';
import type { Failure } from '../failure.ts';
import type { State, Subtrees } from '../follow/subtrees.ts';
import { type Outcome, type RenderingOptions, render } from './rendering.ts';

const RETRY_FIRST_MS = 1_000;
const RETRY_LONGEST_MS = 60_000;

export interface KeeperOptions extends RenderingOptions {
  /** Render what is there first, and end: with a failure where anything fails. */
  readonly isOnce: boolean;
}

/**
 * Renders each state, until the signal. What fails is said once, and tried again when something changes; where the
 * cause lies outside, such as a full disk, also ever later by itself.
 */
export async function keepRendered(
  context: Context,
  subtrees: Subtrees,
  options: KeeperOptions,
): Promise<void> {
  const { isOnce, signal, clock } = options;
  let state = await subtrees.first();
  let next: Promise<State> | undefined;
  let cause = '';
  let retryMs = RETRY_FIRST_MS;
  for (;;) {
    const outcome = await render(state, options);
    if (isOnce) return conclude(context, outcome, state);
    cause = tell(context, outcome, state, cause);
    next ??= subtrees.next();
    const isWorthARetry = outcome.kind === 'refused' && outcome.isWorthARetry;
    const changed = await unlessAborted(
      signal,
      isWorthARetry ? within(clock, retryMs, next) : next,
    );
    if (changed === undefined) retryMs = Math.min(RETRY_LONGEST_MS, retryMs * 2);
    else {
      state = changed;
      next = undefined;
      retryMs = RETRY_FIRST_MS;
    }
  }
}

/** Says what came of a state, unless that was said already; returns what is wrong now. */
function tell(context: Context, outcome: Outcome, state: State, cause: string): string {
  if (outcome.kind !== 'refused') {
    tellWritten(context, outcome, state);
    if (outcome.kind === 'written' && outcome.failure !== undefined)
      warn(context, outcome.failure, state);
    return '';
  }
  if (outcome.cause !== cause) warn(context, outcome.failure, state);
  return outcome.cause;
}

function tellWritten(context: Context, outcome: Outcome, { revision }: State): void {
  if (outcome.kind !== 'written') return;
  for (const file of outcome.files) notice(context, `wrote ${file} at revision ${revision}`);
}

function conclude(context: Context, outcome: Outcome, state: State): void {
  tellWritten(context, outcome, state);
  const failure = outcome.kind === 'current' ? undefined : outcome.failure;
  if (failure !== undefined) throw failure;
}

/** What is wrong is said with `--quiet`, too. */
function warn({ terminal }: Context, { code, problems, hint }: Failure, state: State): void {
  const [first, ...more] = problems;
  const lines = [
    `warning[${code}]: ${first} (revision ${state.revision})`,
    ...more.map((line) => `  ${line}`),
    ...(hint === undefined ? [] : [`hint: ${hint}`]),
  ];
  terminal.stderr.write(lines.map((line) => `${line}\n`).join(''));
}

/** `undefined` where `promise` takes longer. */
async function within<Result>(
  clock: Clock,
  ms: number,
  promise: Promise<Result>,
): Promise<Result | undefined> {
  let stop = () => {};
  const late = new Promise<undefined>((resolve) => {
    const timer = clock.setTimer(ms, () => resolve(undefined));
    stop = () => timer.cancel();
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    stop();
  }
}

async function unlessAborted<Result>(
  signal: AbortSignal,
  promise: Promise<Result>,
): Promise<Result> {
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
