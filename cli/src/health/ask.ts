import { type ClientRequest, get as getHttp, type IncomingMessage } from 'node:http';
import { get as getHttps } from 'node:https';
import type { TlsOptions } from '@confer/client';
import type { Address } from '../doctor/address.ts';
import { type Probed, type ProbeLimits, probe } from '../doctor/probe.ts';

/** What a server says of itself. */
export interface HealthSaid {
  readonly status: number;
  readonly lines: readonly string[];
}

/** A server says some lines; whatever else answers there is not read to its end. */
const BYTES_MAX = 16 * 1024;

/** Asks one server how it is. The token goes to a server whose certificate is believed, and to no redirection. */
export function askHealth(
  limits: ProbeLimits,
  { shown, isTls }: Address,
  path: string,
  { tls, token }: { readonly tls: TlsOptions; readonly token: string | undefined },
): Promise<Probed<HealthSaid>> {
  const url = new URL(path, shown.replace(/^ws/, 'http'));
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  let request: ClientRequest | undefined;
  return probe(
    limits,
    () =>
      new Promise<HealthSaid>((resolve, reject) => {
        const options = { agent: false, headers };
        request = isTls ? getHttps(url, { ...tls, ...options }) : getHttp(url, options);
        request.once('response', (response) => read(response).then(resolve, reject));
        request.once('error', reject);
      }),
    () => void request?.destroy(),
  );
}

async function read(response: IncomingMessage): Promise<HealthSaid> {
  response.setEncoding('utf8');
  let text = '';
  for await (const part of response) {
    text += part;
    if (text.length > BYTES_MAX) break;
  }
  const lines = text
    .slice(0, BYTES_MAX)
    .split('\n')
    .filter((line) => line !== '');
  return { status: response.statusCode ?? 0, lines };
}
