import { type Client, ConferError } from '@confer/client';
import { urlsOf } from '../connection.ts';
import type { Context } from '../context.ts';

/**
 * Why what never began cannot begin: the server does not know the token, or is not the one that the certificate should
 * name. A person is to be told at once, so the client is closed for it. What has begun goes on trying, with what is in
 * the file of its token then.
 */
export function refusalOf(
  context: Context,
  client: Client,
): { readonly current: ConferError | undefined } {
  const refusal: { current: ConferError | undefined } = { current: undefined };
  // Where the certificate of one is no good, that of another may be.
  let others = urlsOf(context).length - 1;
  const off = client.on('status', (status) => {
    if (status.kind === 'open') off();
    if (status.kind !== 'waiting') return;
    const { refused, reason } = status;
    const isFinal =
      refused === 'unauthenticated' ||
      refused === 'token_expired' ||
      (refused === 'tls_failed' && others-- <= 0);
    if (!isFinal) return;
    refusal.current = new ConferError(refused, reason);
    void client.close();
  });
  return refusal;
}
