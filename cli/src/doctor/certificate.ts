import { connect, type PeerCertificate, type TLSSocket } from 'node:tls';
import type { TlsOptions } from '@confer/client';
import { oneLine, span } from '../output/text.ts';
import type { Address } from './address.ts';
import { type Finding, fail, ok, warn } from './finding.ts';
import { msText, type ProbeLimits, probe, reasonOf } from './probe.ts';

/** Time to get another one, where that takes a meeting. */
const SOON_MS = 14 * 86_400_000;

/** As OpenSSL says that an answer was in plain text. */
const NO_TLS = /wrong version number|packet length too long/;

interface Shown {
  readonly certificate: PeerCertificate;
  /** Why it is not believed. */
  readonly problem: string | undefined;
  readonly protocol: string;
}

/** Shows the certificate of the server, whether it is believed or not, and the honest reason. */
export async function probeCertificate(
  limits: ProbeLimits,
  { host, port, isIp }: Address,
  tls: TlsOptions,
): Promise<Finding> {
  let socket: TLSSocket | undefined;
  const found = await probe(
    limits,
    () =>
      new Promise<Shown>((resolve, reject) => {
        // Not believed is what it is to find out. Nothing is said over it.
        const opened = connect({
          ...{ host, port, ...tls, rejectUnauthorized: false },
          ...(isIp ? {} : { servername: host }),
        });
        socket = opened;
        opened.once('secureConnect', () => resolve(shownBy(opened)));
        opened.once('error', reject);
      }),
    () => void socket?.destroy(),
  );
  switch (found.kind) {
    case 'late':
      return fail(
        'tls',
        `no TLS handshake in ${msText(limits.timeoutMs)}`,
        'something listens there that does not speak TLS, or does not answer',
      );
    case 'failed':
      return NO_TLS.test(found.error.message)
        ? fail('tls', 'what answers there does not speak TLS', 'reach it by http')
        : fail(
            'tls',
            reasonOf(found.error),
            'a server that asks for a certificate wants --cert and --key; else see its log',
          );
    case 'found':
      return judged(found.result, limits.terminal.clock.now());
  }
}

function shownBy(socket: TLSSocket): Shown {
  const error: unknown = socket.authorizationError;
  return {
    certificate: socket.getPeerCertificate(),
    problem: socket.authorized ? undefined : error instanceof Error ? error.message : String(error),
    protocol: socket.getProtocol() ?? 'TLS',
  };
}

function judged({ certificate, problem, protocol }: Shown, now: number): Finding {
  const { subject, issuer, valid_to, subjectaltname } = certificate;
  const expiresAt = Date.parse(valid_to);
  const leftMs = expiresAt - now;
  const names = subjectaltname ?? 'no name';
  const text = `${protocol}, ${nameOf(subject)} for ${oneLine(names, 200)}, by ${nameOf(issuer)}, until ${dateOf(expiresAt)}`;
  const facts = {
    ...{ protocol, subject: nameOf(subject), issuer: nameOf(issuer), names },
    ...{ expiresAt, believed: problem === undefined, problem },
  };
  if (problem !== undefined)
    return fail('tls', `${text}; not believed: ${oneLine(problem)}`, adviceFor(problem), facts);
  if (leftMs < SOON_MS)
    return warn('tls', `${text}, which is in ${span(leftMs)}`, 'the server needs a new one', facts);
  return ok('tls', `${text}; believed`, facts);
}

function adviceFor(problem: string): string {
  if (problem.includes('ALTNAME'))
    return 'reach the server by one of the names that the certificate is for';
  if (problem.includes('EXPIRED')) return 'the server needs a new certificate';
  if (problem.includes('NOT_YET_VALID')) return 'look whether the clock of this machine is right';
  return 'name the authority that signed it: --ca FILE, CONFER_CA, or a context with one';
}

function nameOf(names: PeerCertificate['subject'] | undefined): string {
  const name = names?.CN ?? names?.O;
  return oneLine(Array.isArray(name) ? name.join(', ') : (name ?? 'nobody'), 80);
}

function dateOf(time: number): string {
  return Number.isNaN(time) ? 'nobody knows when' : new Date(time).toISOString().slice(0, 10);
}
