import { type Hello, type Timer, times } from '@confer/shared';
import { type Authority, asOfNow, type Verdict } from '../auth/authority.ts';
import type { SessionService } from './service.ts';

export interface IdentifyHandlers {
  readonly onVerdict: (verdict: Verdict) => void;
  readonly onFailed: (error: unknown) => void;
}

/** Finds out who says hello; at once, but for tokens that others have signed. */
export function identify(
  { token, client }: Pick<Hello, 'token' | 'client'>,
  address: string,
  authority: Authority,
  { onVerdict, onFailed }: IdentifyHandlers,
): void {
  const verdict = authority.identify({ token, client, address });
  if (verdict instanceof Promise)
    // What held when it was judged may be over since.
    verdict.then((judged) => onVerdict(asOfNow(judged, authority)), onFailed);
  else onVerdict(verdict);
}

/** Gives somebody the time there is to say hello. */
export function awaitHello(
  { clock, counters }: SessionService,
  onSilent: (problem: string) => void,
): Timer {
  return clock.setTimer(times.helloTimeoutMs, () => {
    counters.count('helloTimeouts');
    onSilent(`no hello within ${times.helloTimeoutMs} ms`);
  });
}
