import { openBrowserSocket } from './sockets/browser.ts';
import { systemClock } from './system-clock.ts';
import type { Port } from './tabs/port.ts';
import { TabHub } from './tabs/tab-hub.ts';
import type { Locks } from './tabs/tab-lock.ts';

/*
 * The script of the shared worker that holds the connections of all tabs of an application. A page names its address
 * to `sharedTabs`, and imports nothing of it.
 */

/** What shared workers have. */
declare const navigator: { readonly locks?: Locks };
declare const addEventListener: (
  type: 'connect',
  listener: (event: { readonly ports: readonly Port[] }) => void,
) => void;

const hub = new TabHub({
  openSocket: openBrowserSocket,
  clock: systemClock,
  // Where it cannot be waited for, a tab that is gone is noticed by its silence.
  whenFree: (lock, free) => void navigator.locks?.request(lock, free).catch(() => {}),
});

addEventListener('connect', ({ ports }) => {
  for (const port of ports) hub.accept(port);
});
