import type { ClientOptions } from './api.ts';
import { systemPlatform } from './platform.ts';
import { openBrowserSocket } from './sockets/browser.ts';
import type { OpenSocket } from './sockets/socket.ts';
import type { Port } from './tabs/port.ts';
import { PortSocket } from './tabs/port-socket.ts';
import { type Locks, TabLock } from './tabs/tab-lock.ts';

/** What pages have, and other platforms only in part. */
declare const SharedWorker:
  | (new (
      url: string | URL,
      options: { readonly name: string },
    ) => EventTarget & { readonly port: Port })
  | undefined;
declare const navigator: { readonly locks?: Locks };

/** Workers are shared by their name, too: tabs of another version, which talk differently, have one of their own. */
const WORKER_NAME = 'confer-1';

const { newId } = systemPlatform(openBrowserSocket);

/**
 * For `connect`: the tabs of an application share one connection, which a worker holds. Tabs share where the server,
 * the token and the `client` of their options are the same. Where there are no shared workers, or the worker does not
 * start, each tab has a connection of its own, as without this.
 *
 * `worker` is the address of `@confer/client/tab-worker` on the origin of the page:
 *
 * ```ts
 * import worker from '@confer/client/tab-worker?url';
 * const confer = connect('https://confer.example', { ...sharedTabs(worker) });
 * ```
 */
export function sharedTabs(worker: string | URL): Pick<ClientOptions, 'openSocket'> {
  if (typeof SharedWorker === 'undefined') return {};
  const Worker = SharedWorker;
  let isBroken = false;
  const openSocket: OpenSocket = (url, handlers) => {
    if (isBroken) return openBrowserSocket(url, handlers);
    try {
      const shared = new Worker(worker, { name: WORKER_NAME });
      const socket = new PortSocket(shared.port, url, handlers, {
        lock: new TabLock(navigator.locks, `confer-${newId()}`),
        onEnd: (failed) => {
          isBroken ||= failed;
        },
      });
      shared.addEventListener('error', () => {
        isBroken = true;
        socket.closed(
          1006,
          `the shared worker at ${worker} does not start: this tab connects by itself`,
        );
      });
      return socket;
    } catch {
      // The origin of a page, or its policy, may allow no shared worker.
      isBroken = true;
      return openBrowserSocket(url, handlers);
    }
  };
  return { openSocket };
}
