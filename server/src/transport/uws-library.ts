import { firstCause, platform } from './uws-platform.ts';

// What the library has and its typings lack.
declare module 'uWebSockets.js' {
  interface TemplatedApp {
    listen(
      host: string,
      port: number,
      options: number,
      listening: (token: us_listen_socket | false) => void,
    ): TemplatedApp;
    filter(seen: (response: HttpResponse, change: number) => void): TemplatedApp;
  }
  const LIBUS_LISTEN_EXCLUSIVE_PORT: number;
}

export type Library = typeof import('uWebSockets.js');

export type {
  AppOptions,
  HttpRequest,
  HttpResponse,
  TemplatedApp,
  us_listen_socket,
  us_socket_context_t,
  WebSocketBehavior,
} from 'uWebSockets.js';

/** Rejects where the binary of the library does not load: a Node or a libc that it was not built for. */
export async function loadLibrary(
  load: () => Promise<{ readonly default: Library }> = () => import('uWebSockets.js'),
): Promise<Library> {
  const { default: library } = await load().catch((cause: unknown) => {
    throw new Error(`uWebSockets.js cannot load on ${platform()}: ${firstCause(cause)}`, { cause });
  });
  return library;
}
