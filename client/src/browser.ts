import type { Client, ClientOptions } from './api.ts';
import { createClient } from './client.ts';
import { systemPlatform } from './platform.ts';
import { openPlatformSocket } from './sockets/browser.ts';
import { watchWakes } from './wakes.ts';

/** Connects to the servers at `urls`. See the entry for Node; this one needs nothing of Node. */
export function connect(urls: string | readonly string[], options: ClientOptions = {}): Client {
  return createClient(urls, options, {
    ...systemPlatform(openPlatformSocket),
    watchWakes,
  });
}

export * from './public.ts';
