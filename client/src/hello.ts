import { type Hello, PROTOCOL_VERSION } from '@confer/shared';
import type { ClientOptions } from './api.ts';

/** The first message of a connection. */
export function helloOf(token: string | undefined, client: ClientOptions['client']): Hello {
  const hello: Hello = { type: 'hello', version: PROTOCOL_VERSION };
  if (token !== undefined) hello.token = token;
  if (client !== undefined) hello.client = client;
  return hello;
}
