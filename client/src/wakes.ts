/** What pages have, and other platforms only in part. */
declare const document: EventTarget | undefined;
declare const addEventListener: EventTarget['addEventListener'];

/**
 * Calls `check` until `signal` when a page may have slept or changed its network: its timers stood
 * still then, and nothing else would notice for a while.
 */
export function watchWakes(check: () => void, signal: AbortSignal): void {
  addEventListener('online', check, { signal });
  // Workers have none.
  if (typeof document !== 'undefined')
    document.addEventListener('visibilitychange', check, { signal });
}
