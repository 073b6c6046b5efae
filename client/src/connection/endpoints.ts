import { DEFAULT_PORT, ENDPOINT } from '@confer/shared';
import { ConferError } from '../errors.ts';
import { shown } from '../validation/arguments.ts';

/** An endpoint: a server, as the user named it and as a socket is opened to it. */
export interface Endpoint {
  /** For messages to people. */
  readonly name: string;
  readonly socketUrl: string;
}

/**
 * The servers that `urls` name. http, https, ws and wss are alike; the port is the scheme's own
 * where none is given, and the path is Confer's whatever the URL says.
 * @throws {ConferError} `invalid_argument`, when there is no URL, or one of them is none.
 */
export function endpointsOf(urls: string | readonly string[]): readonly [Endpoint, ...Endpoint[]] {
  const [first, ...rest] = Array.isArray(urls) ? urls : [urls];
  if (first === undefined)
    throw new ConferError('invalid_argument', 'connect needs the URL of at least one server');
  return [endpointOf(first), ...rest.map(endpointOf)];
}

function endpointOf(name: string): Endpoint {
  const url = typeof name === 'string' ? parse(name) : undefined;
  const protocol = url?.protocol.replace('http', 'ws');
  if (!url?.host || (protocol !== 'ws:' && protocol !== 'wss:'))
    throw new ConferError(
      'invalid_argument',
      `${shown(name)} is not the URL of a server; one looks like http://127.0.0.1:${DEFAULT_PORT}`,
    );
  return { name, socketUrl: `${protocol}//${url.host}${ENDPOINT}` };
}

function parse(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
