import { isIP } from 'node:net';
import { type ClientAddress, canonicalAddress, clientAddress, type Networks } from './networks.ts';
import { headerOf, type RequestHead } from './request-head.ts';

/** Who may come in, by what requests say of themselves. */
export interface Gate {
  /** Web origins whose pages may connect, beside the server's own: `https://console.example`. */
  readonly origins: ReadonlySet<string>;
  /** Names of the server beside its address: `config.example` at any port, or `config.example:8443` at that one. */
  readonly publicHosts: ReadonlySet<string>;
  /** Whether pages of any server on this machine may connect: as long as nobody has to say who he is. */
  readonly takesLoopbackPages: boolean;
  readonly trustedProxies: Networks;
}

/** Where the server is, as far as requests can tell it. */
export interface Place {
  /** As the operator named it, and the address that this is, as `Host` would have them. */
  readonly hosts: readonly string[];
  readonly port: number;
  readonly isTls: boolean;
}

/** `named` is what the operator said, which is bound at `address`. */
export function placeOf(named: string, address: string, port: number, isTls: boolean): Place {
  const hosts = [named, address].map((host) => canonicalAddress(host) ?? host.toLowerCase());
  return { hosts, port, isTls };
}

/** Why somebody is turned away, with the line that tells him. */
export interface Denial {
  readonly why: 'request' | 'host' | 'origin';
  readonly status: 400 | 403 | 411 | 421 | 431 | 501;
  readonly text: string;
}

/** Two of them and two readers of one request may read two different requests. */
const ONCE = [
  'host',
  'content-length',
  'transfer-encoding',
  'authorization',
  'idempotency-key',
  'last-event-id',
  'origin',
  'sec-fetch-site',
] as const;

/** As much as Node reads; uWebSockets.js reads more when it comes in one piece. */
const HEADER_BYTES_MAX = 16 * 1024;

/** What a request was denied for; nothing where it may come in. */
export function denialOf(
  head: RequestHead,
  peer: string,
  gate: Gate,
  place: Place,
): Denial | undefined {
  return malformed(head) ?? misdirected(head, gate, place) ?? foreignPage(head, peer, gate, place);
}

/** Whose request it is. */
export function clientOf(head: RequestHead, peer: string, { trustedProxies }: Gate): ClientAddress {
  return clientAddress(peer, headerOf(head, 'x-forwarded-for'), trustedProxies);
}

/** Those that HTTP gives a meaning for what a server has; a tunnel, or an echo of what came, is nothing of that. */
const METHODS: ReadonlySet<string> = new Set('GET HEAD POST PUT PATCH DELETE OPTIONS'.split(' '));

function malformed(head: RequestHead): Denial | undefined {
  const { method, path, query, headers, headerBytes } = head;
  // safeguard: headers-are-bounded
  if (headerBytes > HEADER_BYTES_MAX) {
    const text = `The headers of a request have at most ${HEADER_BYTES_MAX} bytes.`;
    return { why: 'request', status: 431, text };
  }
  // safeguard: methods-are-known
  if (!METHODS.has(method))
    return { why: 'request', status: 501, text: 'This server knows no such method.' };
  // safeguard: addresses-are-paths
  if (!/^\/[!"$-~]*$/.test(path) || !/^[!"$-~]*$/.test(query))
    return bad(
      'The address of a request begins with a slash, and what is no ASCII is escaped in it, as is "#".',
    );
  const twice = ONCE.find((name) => (headers.get(name)?.length ?? 0) > 1);
  // safeguard: header-comes-once
  if (twice !== undefined) return bad(`A request has one ${twice} header.`);
  // safeguard: request-names-a-host
  if (!headers.has('host')) return bad('A request needs a host header.');
  const unmeasured = withoutLength(head);
  if (unmeasured !== undefined) return unmeasured;
  // safeguard: no-token-stands-in-an-address
  if (hasToken(query))
    return bad(
      'A token has no place in an address, which logs and histories keep: send it in the hello message, or in the header "Authorization: Bearer".',
    );
  return undefined;
}

/**
 * A body says how long it is. One in chunks has an end that two readers may see at two places: uWebSockets.js, for one,
 * takes any two bytes for the end of a chunk.
 */
function withoutLength({ headers }: RequestHead): Denial | undefined {
  const [length] = headers.get('content-length') ?? [];
  const isChunked = headers.has('transfer-encoding');
  // safeguard: bodies-have-one-length
  if (isChunked && length !== undefined) return bad('A request says once how long its body is.');
  // safeguard: bodies-have-a-number-for-a-length
  if (length !== undefined && !/^[0-9]{1,15}$/.test(length))
    return bad('The length of a body is a number.');
  // safeguard: bodies-have-a-length
  if (!isChunked) return undefined;
  const text =
    'A body needs its length in the header content-length, and does not come in chunks. With curl: --data-binary @FILE in place of -T -.';
  return { why: 'request', status: 411, text };
}

function bad(text: string): Denial {
  return { why: 'request', status: 400, text };
}

function hasToken(query: string): boolean {
  if (query === '') return false;
  for (const name of new URLSearchParams(query).keys())
    if (/^(access_)?token$/i.test(name.trim())) return true;
  return false;
}

/** A name and a port, as a `Host` header has them. */
interface HostName {
  /** In lower case; an address in its one text and without brackets. */
  readonly name: string;
  readonly port: number | undefined;
}

/** What a `Host` header or an operator names. */
export function hostName(text: string): HostName | undefined {
  const [, bracketed, plain, digits] =
    /^(?:\[([0-9a-f:.]+)\]|([a-z0-9_][a-z0-9._-]*))(?::([0-9]{1,5}))?$/i.exec(text) ?? [];
  const name = bracketed ?? plain?.toLowerCase().replace(/\.$/, '');
  if (name === undefined) return undefined;
  const address = canonicalAddress(name);
  if (bracketed !== undefined && address === undefined) return undefined;
  return { name: address ?? name, port: digits === undefined ? undefined : Number(digits) };
}

/**
 * Whether the request is for this server. A page of a stranger can have its own name point at this machine and then
 * ask in peace: to the browser that is still the stranger's server. What it cannot do is to put another name into
 * `Host`. No name stands for an address but the addresses themselves and `localhost`.
 */
function misdirected(head: RequestHead, gate: Gate, place: Place): Denial | undefined {
  const host = headerOf(head, 'host');
  const named = hostName(host);
  // safeguard: request-is-for-this-server
  if (named !== undefined && (isPublic(named, gate) || isPlace(named, place))) return undefined;
  const shown = named === undefined ? 'that' : host;
  const text = `This server is not known as ${shown}. If that is one of its names, start it with --public-host ${shown}.`;
  return { why: 'host', status: 421, text };
}

function isPublic({ name, port }: HostName, { publicHosts }: Gate): boolean {
  return (
    publicHosts.has(hostKey({ name, port: undefined })) || publicHosts.has(hostKey({ name, port }))
  );
}

/** How a host stands among those that are public. */
export function hostKey({ name, port }: HostName): string {
  return port === undefined ? name : `${name}:${port}`;
}

/**
 * Loopback is itself at any port, and so is any address of a server that listens on all of them: tunnels and
 * containers publish a port under another number, and no stranger's page gets there by that.
 */
function isPlace({ name, port }: HostName, { hosts, port: own, isTls }: Place): boolean {
  if (isLoopback(name)) return true;
  // safeguard: name-stands-for-no-address
  if (hosts.some(isWildcard)) return isIP(name) !== 0;
  // safeguard: host-is-named-with-its-port
  return hosts.includes(name) && (port ?? (isTls ? 443 : 80)) === own;
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

export function isLoopback(host: string): boolean {
  const name = canonicalAddress(host) ?? host;
  if (name === 'localhost' || name === '::1') return true;
  return isIP(name) === 4 && name.startsWith('127.');
}

/** Browsers say which page it is that asks; whoever is no browser may say anything, and gains nothing by it. */
function foreignPage(
  head: RequestHead,
  peer: string,
  gate: Gate,
  place: Place,
): Denial | undefined {
  const origin = headerOf(head, 'origin');
  const isCrossSite = headerOf(head, 'sec-fetch-site') === 'cross-site';
  // safeguard: page-is-listed
  const isListed =
    gate.origins.has(origin) || (gate.takesLoopbackPages && isLoopbackOrigin(origin));
  if (isListed) return undefined;
  // safeguard: page-is-of-the-server-itself
  const isOwn = origin === '' || origin === ownOrigin(head, peer, gate, place);
  // safeguard: no-page-comes-across-sites
  if (isOwn && !isCrossSite) return undefined;
  const shown = canonicalOrigin(origin) ?? 'other sites';
  const text = `Pages of ${shown} may not connect to this server. If they should, start it with --allow-origin and their origin.`;
  return { why: 'origin', status: 403, text };
}

/** The origin of the pages that the server itself would show, as the browser sees it. */
function ownOrigin(head: RequestHead, peer: string, gate: Gate, { isTls }: Place): string {
  const host = headerOf(head, 'host');
  if (isTls) return `https://${host}`;
  const isProxy = gate.trustedProxies.includes(canonicalAddress(peer) ?? '');
  // safeguard: scheme-is-what-a-trusted-proxy-says
  if (!isProxy) return `http://${host}`;
  // A proxy is there for TLS, unless it says otherwise; of several the last one was this peer's.
  const seen = headerOf(head, 'x-forwarded-proto').split(',').at(-1)?.trim();
  return `${seen === 'http' ? 'http' : 'https'}://${host}`;
}

function isLoopbackOrigin(origin: string): boolean {
  const canonical = canonicalOrigin(origin);
  return canonical !== undefined && isLoopback(new URL(canonical).hostname.replace(/^\[|\]$/g, ''));
}

/** The origin, where that is what the text is, as browsers write it. */
function canonicalOrigin(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { origin } = new URL(text);
  return origin === text && /^https?:/.test(origin) ? origin : undefined;
}
