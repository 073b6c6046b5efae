import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/**
 * The name in the certificate that a client showed: its first URI, else its first DNS name, of those that the
 * authority put among its alternative names. Never the common name, which is free text and may be anybody's.
 */
export function certificateName(stream: Socket): string | undefined {
  if (!(stream instanceof TLSSocket)) return undefined;
  return nameAmong(stream.getPeerX509Certificate()?.subjectAltName ?? '');
}

/** Node quotes a name that could be read as several, and quoted names are none that anybody needs. */
export function nameAmong(alternativeNames: string): string | undefined {
  // safeguard: quoted-name-names-nobody
  if (alternativeNames.includes('"')) return undefined;
  const names = alternativeNames.split(', ');
  const first = (kind: string) =>
    names.find((name) => name.startsWith(kind))?.slice(kind.length) || undefined;
  return first('URI:') ?? first('DNS:');
}
