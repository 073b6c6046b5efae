import { isIP } from 'node:net';
import { DEFAULT_PORT } from '@confer/shared';

/** Where a URL leads. */
export interface Address {
  /** Without user names, passwords and queries. */
  readonly shown: string;
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  readonly isIp: boolean;
}

const SCHEMES: Readonly<Record<string, boolean>> = {
  'http:': false,
  'ws:': false,
  'https:': true,
  'wss:': true,
};

/** `undefined` where a text is no URL of a server. */
export function addressOf(text: string): Address | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, hostname, host, port } = new URL(text);
  const isTls = SCHEMES[protocol];
  if (isTls === undefined || hostname === '') return undefined;
  const bare = hostname.replace(/^\[|\]$/g, '');
  return {
    shown: `${protocol}//${host}`,
    url: text,
    host: bare,
    // Which ports are left out is of the scheme.
    port: port === '' ? (isTls ? 443 : 80) : Number(port),
    isTls,
    isIp: isIP(bare) !== 0,
  };
}

/** A person who leaves the port out mostly means that of Confer. */
export function portAdvice({ port }: Address): string {
  return port === 80 || port === 443
    ? `the URL names no port; that of Confer is ${DEFAULT_PORT}`
    : 'is a server running there ? "confer serve" starts one';
}
