import type { Mirror, MirrorReady, MirrorReadyOptions } from '../api.ts';
import { TimeoutError } from '../errors.ts';
import type { ConditionVariable } from '../requests/condition-variable.ts';
import type { ClientContext } from '../watch/context.ts';

/**
 * Waits until a mirror has what its user accepts, and says which it is. What was kept on this machine is second
 * best: it is taken once every server was tried in vain, or the time is over. Where a server has refused who asks,
 * and no other one took him, it is not taken at all: that would hide for weeks that a token is no good.
 */
export async function sourceOf(
  mirror: Pick<Mirror, 'source'>,
  waiters: ConditionVariable,
  options: MirrorReadyOptions = {},
  { connection, newDeadline, onStatus, refusal }: ClientContext,
): Promise<MirrorReady['source']> {
  const deadline = newDeadline(options);
  const isHere = () => mirror.source === 'server';
  if (options.accept?.includes('snapshot') !== true) {
    await waiters.until(isHere, deadline, 'complete');
    return 'server';
  }
  const isKnown = () => mirror.source !== undefined || refusal() !== undefined;
  const off = onStatus(() => waiters.notify());
  try {
    const isSettled = () => isHere() || (isKnown() && isOutOfReach(connection));
    await waiters.until(isSettled, deadline, 'complete');
  } catch (error) {
    if (!(error instanceof TimeoutError && isKnown())) throw error;
  } finally {
    off();
  }
  const refused = refusal();
  if (!isHere() && refused !== undefined) throw refused;
  return mirror.source ?? 'server';
}

/** Every server was tried since one was last of use: that one is down is no reason, where the next one serves. */
export function isOutOfReach(connection: ClientContext['connection']): boolean {
  const { status } = connection;
  return 'attempt' in status && status.attempt > connection.diagnostics().urls.length;
}
