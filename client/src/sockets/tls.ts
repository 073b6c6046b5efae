import { createSecureContext } from 'node:tls';
import { ConferError } from '../errors.ts';
import { messageOf } from '../make-error.ts';
import { text } from '../validation/argument-types.ts';
import { checkOptions } from '../validation/arguments.ts';

/** How a client proves servers and itself, for `https` and `wss`. All texts are PEM. */
export interface TlsOptions {
  /** The authorities that servers are believed for, in the place of those that Node knows. */
  readonly ca?: string;
  /** The certificate of this client, for a server that asks for one; with `key`. */
  readonly cert?: string;
  readonly key?: string;
  /** The name that the server's certificate has, where the URL has another. */
  readonly serverName?: string;
}

/** The options as the library takes them; a text that is no PEM shows here, and not at each attempt. */
export function tlsSettings(options: TlsOptions | undefined) {
  checkOptions(options, { ca: text, cert: text, key: text, serverName: text }, 'tls');
  const { ca, cert, key, serverName } = options ?? {};
  if ((cert === undefined) !== (key === undefined)) throw wrong('cert and key go together');
  for (const [name, pem] of Object.entries({ ca, cert }))
    if (pem !== undefined && !pem.includes('-----BEGIN CERTIFICATE-----'))
      throw wrong(`${name} is the text of a certificate (PEM), and has none in it`);
  const given = { ...(ca && { ca }), ...(cert && key && { cert, key }) };
  try {
    createSecureContext(given);
  } catch (error) {
    throw wrong(messageOf(error));
  }
  return { ...given, ...(serverName && { servername: serverName }) };
}

function wrong(problem: string): ConferError {
  return new ConferError('invalid_argument', `tls: ${problem}`);
}

/** What is wrong with the certificate of a server, by Node's codes, and what mends it. */
const certificateProblems: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'it has expired; the server needs a new one',
  CERT_NOT_YET_VALID: 'it is not valid yet; look whether the clock of this machine is right',
  CERT_REVOKED: 'it was withdrawn; the server needs a new one',
  INVALID_PURPOSE: 'it is not for servers; the server needs another one',
};

/** What a server says that does not like the certificate of this client, or misses one; as codes and as OpenSSL. */
const ALERTS =
  /alert[_ ](certificate|bad[_ ]certificate|unknown[_ ]ca|unsupported[_ ]certificate|access[_ ]denied|handshake[_ ]failure)/i;

/** What came is no TLS: a server without, which answers in plain text. */
const NO_TLS = /wrong version number|packet length too long/;

/** Codes of a chain that leads to no authority that is known here. */
const UNKNOWN_AUTHORITY =
  /^(UNABLE_TO_(VERIFY|GET)_|SELF_SIGNED_|DEPTH_ZERO_|CERT_UNTRUSTED|CERT_CHAIN_)/;

/**
 * Why a handshake cannot succeed however often it is tried, and what would mend it; undefined of any other error,
 * such as a connection that broke.
 */
export function tlsProblem(error: Error, url: string): string | undefined {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const { hostname, host } = new URL(url);
  const of = `the certificate of ${host}`;
  if (UNKNOWN_AUTHORITY.test(code))
    return `${of} is of an authority that is not known here; name that in tls.ca (--ca)`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `${of} is for other names than ${hostname}; use one of them, or tls.serverName${namesOf(error)}`;
  const problem = certificateProblems[code];
  if (problem !== undefined) return `${of}: ${problem}`;
  if (ALERTS.test(`${code} ${error.message}`))
    return `${host} does not take the certificate of this client, or misses one: tls.cert and tls.key (--cert, --key)`;
  if (NO_TLS.test(error.message)) return `${host} does not speak TLS; reach it by http or ws`;
  if (
    /^(CERT_|INVALID_CA|PATH_LENGTH_|ERR_SSL_UNSUPPORTED_|ERR_SSL_TLSV1_ALERT_PROTOCOL)/.test(code)
  )
    return `${of}: ${error.message}`;
  return undefined;
}

/** `DNS:a, IP Address:127.0.0.1` as Node shows them. */
function namesOf(error: Error): string {
  const cert = 'cert' in error ? error.cert : undefined;
  const isCertificate = typeof cert === 'object' && cert !== null && 'subjectaltname' in cert;
  return isCertificate ? `: ${String(cert.subjectaltname)}` : '';
}
