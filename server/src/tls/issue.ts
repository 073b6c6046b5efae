import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { bits, boolean, integer, octets, oid, sequence, tagged, time } from './der.ts';

/** A certificate and its key, PEM. */
export interface Issued {
  readonly cert: string;
  readonly key: string;
}

/** What can sign certificates; who knows its `cert` believes them. */
export interface Authority extends Issued {
  readonly name: string;
  readonly privateKey: KeyObject;
  /** By which certificates say who signed them. */
  readonly keyId: Buffer;
}

/** In ms since the Unix epoch. */
export interface Validity {
  readonly from: number;
  readonly to: number;
}

export interface Subject extends Validity {
  /** Shown to people; nothing is decided by it. */
  readonly commonName: string;
  /** DNS names, addresses and URIs that the certificate is for. */
  readonly names: readonly string[];
  readonly usage: 'server' | 'client';
}

/** An authority for trying things: its certificates are as good as the place where its key is. */
export function createAuthority(name: string, validity: Validity): Authority {
  const keys = newKeys();
  const keyId = createHash('sha1').update(keys.publicDer).digest();
  const extensions = [
    extension(OIDS.basicConstraints, true, sequence(boolean(true), integer(0))),
    // Bits 5 and 6: it signs certificates, and lists of those that were withdrawn.
    extension(OIDS.keyUsage, true, bits(Buffer.from([0x06]), 1)),
    extension(OIDS.subjectKeyIdentifier, false, octets(keyId)),
  ];
  const signer = { name, privateKey: keys.privateKey };
  const cert = certificate(signer, name, keys.publicDer, validity, extensions);
  return { name, cert, key: keys.pem, privateKey: keys.privateKey, keyId };
}

/** A certificate that `authority` signs, with a new key. */
export function issueCertificate(authority: Authority, subject: Subject): Issued {
  const keys = newKeys();
  const { commonName, names, usage } = subject;
  const purpose = usage === 'server' ? OIDS.serverAuth : OIDS.clientAuth;
  const extensions = [
    extension(OIDS.basicConstraints, true, sequence()),
    // Bit 0: it signs handshakes.
    extension(OIDS.keyUsage, true, bits(Buffer.from([0x80]), 7)),
    extension(OIDS.extendedKeyUsage, false, sequence(oid(purpose))),
    extension(OIDS.authorityKeyIdentifier, false, sequence(tagged(0x80, authority.keyId))),
    ...(names.length === 0
      ? []
      : [extension(OIDS.subjectAltName, false, sequence(...names.map(generalName)))]),
  ];
  const cert = certificate(authority, commonName, keys.publicDer, subject, extensions);
  return { cert, key: keys.pem };
}

function newKeys() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    publicDer: publicKey.export({ type: 'spki', format: 'der' }),
    privateKey,
    pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** X.509 version 3 (RFC 5280, 4.1), signed with ECDSA over SHA-256. */
function certificate(
  signer: Pick<Authority, 'name' | 'privateKey'>,
  commonName: string,
  publicDer: Buffer,
  { from, to }: Validity,
  extensions: readonly Buffer[],
): string {
  const algorithm = sequence(oid(OIDS.ecdsaWithSha256));
  // 16 random bytes, of which the first makes it positive and no shorter.
  const serial = Buffer.concat([Buffer.from([0x40]), randomBytes(15)]);
  const body = sequence(
    tagged(0xa0, integer(2)),
    tagged(0x02, serial),
    algorithm,
    distinguishedName(signer.name),
    sequence(time(from), time(to)),
    distinguishedName(commonName),
    publicDer,
    tagged(0xa3, sequence(...extensions)),
  );
  const whole = sequence(body, algorithm, bits(sign('sha256', body, signer.privateKey), 0));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

const OIDS = {
  commonName: [2, 5, 4, 3],
  subjectKeyIdentifier: [2, 5, 29, 14],
  keyUsage: [2, 5, 29, 15],
  subjectAltName: [2, 5, 29, 17],
  basicConstraints: [2, 5, 29, 19],
  authorityKeyIdentifier: [2, 5, 29, 35],
  extendedKeyUsage: [2, 5, 29, 37],
  serverAuth: [1, 3, 6, 1, 5, 5, 7, 3, 1],
  clientAuth: [1, 3, 6, 1, 5, 5, 7, 3, 2],
  ecdsaWithSha256: [1, 2, 840, 10045, 4, 3, 2],
} as const;

function extension(id: readonly number[], isCritical: boolean, value: Buffer): Buffer {
  return sequence(oid(id), ...(isCritical ? [boolean(true)] : []), octets(value));
}

function generalName(name: string): Buffer {
  if (isIP(name) !== 0) return tagged(0x87, addressBytes(name));
  return tagged(name.includes(':') ? 0x86 : 0x82, Buffer.from(name, 'latin1'));
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const shortest = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = [], tail = []] = shortest
    .split('::')
    .map((half) => half.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  const groups = [...head, ...zeros, ...tail].map((group) => group.padStart(4, '0'));
  return Buffer.from(groups.join(''), 'hex');
}

function distinguishedName(commonName: string): Buffer {
  return sequence(
    tagged(0x31, sequence(oid(OIDS.commonName), tagged(0x0c, Buffer.from(commonName)))),
  );
}
