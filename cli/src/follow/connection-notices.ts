import type { Client } from '@confer/client';
import { type Context, notice } from '../context.ts';

/** Tells of each loss and each return of the server once, however many tries lie between. */
export function tellOfConnection(context: Context, client: Client): void {
  const { url } = context.settings;
  let state: 'new' | 'up' | 'down' = 'new';
  client.on('status', (status) => {
    if (status.kind === 'waiting' && client.status.kind !== 'closed' && state !== 'down') {
      const what = state === 'new' ? `no connection to ${url} yet` : `connection to ${url} lost`;
      notice(context, `${what} (${status.reason}); trying again`);
      state = 'down';
    }
    if (status.kind === 'open') {
      if (state === 'down') notice(context, `connected to ${url}`);
      state = 'up';
    }
  });
}
