import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { platform } from 'node:os';
import type { TlsFiles } from '../transport/tls-files.ts';

/** The files that a server shows itself with, PEM. */
export interface TlsOptions {
  /** The certificate, followed by those between it and the authority that clients know. */
  readonly certFile: string;
  readonly keyFile: string;
  /** The authorities whose clients may connect; where it is named, nobody else may. Only with the ws transport. */
  readonly clientCaFile?: string;
}

/** What is wrong with a certificate or its key, for whoever put them there. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError';
}

/** A certificate with its key that a server may show now. */
export interface Certificate {
  readonly files: TlsFiles;
  /** In ms since the Unix epoch. */
  readonly expiresAt: number;
}

/** Chains and lists of authorities are smaller by far. */
const FILE_BYTES_MAX = 4 * 1024 * 1024;

/**
 * Reads the files and looks whether they will do.
 * @throws {CertificateError}
 */
export async function readCertificate(options: TlsOptions, now: number): Promise<Certificate> {
  const { certFile, keyFile, clientCaFile } = options;
  const { text: cert } = await readPem(certFile, 'certificate');
  const { text: key, mode } = await readPem(keyFile, 'key');
  // safeguard: key-is-private
  requirePrivate(keyFile, mode);
  const [leaf] = certificatesIn(cert, certFile);
  const expiresAt = Date.parse(leaf.validTo);
  // safeguard: certificate-has-not-expired
  if (expiresAt <= now)
    throw new CertificateError(
      `the certificate ${certFile} expired at ${timeText(expiresAt)}; put a new one there`,
    );
  const beginsAt = Date.parse(leaf.validFrom);
  // safeguard: certificate-holds-already
  if (beginsAt > now)
    throw new CertificateError(
      `the certificate ${certFile} is valid from ${timeText(beginsAt)} only; look whether the clock of this machine is right`,
    );
  // safeguard: key-is-of-the-certificate
  if (!leaf.checkPrivateKey(privateKeyOf(key, keyFile)))
    throw new CertificateError(
      `the key ${keyFile} is not that of the certificate ${certFile}; they have to be of one pair`,
    );
  const files = { certFile, keyFile, cert, key };
  if (clientCaFile === undefined) return { files, expiresAt };
  const { text: clientCa } = await readPem(clientCaFile, 'certificates');
  certificatesIn(clientCa, clientCaFile);
  return { files: { ...files, clientCa }, expiresAt };
}

/** What changes when one of the files does. */
export async function versionOf({ certFile, keyFile, clientCaFile }: TlsOptions): Promise<string> {
  const files = [certFile, keyFile, ...(clientCaFile === undefined ? [] : [clientCaFile])];
  const versions = files.map(async (file) => {
    const { ino, size, mtimeMs } = await stat(file);
    return `${ino} ${size} ${mtimeMs}`;
  });
  return (await Promise.all(versions).catch(String)).toString();
}

export function timeText(time: number): string {
  return new Date(time).toISOString().replace(/\.000Z$/, 'Z');
}

interface Pem {
  readonly text: string;
  readonly mode: number;
}

async function readPem(file: string, what: string): Promise<Pem> {
  try {
    const { size, mode } = await stat(file);
    // safeguard: certificate-file-is-bounded
    if (size > FILE_BYTES_MAX) throw new CertificateError(`${file} is too large for a ${what}`);
    return { text: await readFile(file, 'utf8'), mode };
  } catch (error) {
    if (error instanceof CertificateError) throw error;
    throw new CertificateError(`cannot read the ${what} ${file}: ${messageOf(error)}`);
  }
}

/** Whoever reads the key can pass for this server. Windows says nothing about that in the mode of a file. */
function requirePrivate(keyFile: string, mode: number): void {
  if ((mode & 0o007) === 0 || platform() === 'win32') return;
  throw new CertificateError(
    `the key ${keyFile} can be read by every user of this machine (mode ${(mode & 0o777).toString(8).padStart(4, '0')}): chmod o= ${keyFile}`,
  );
}

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

function certificatesIn(
  pem: string,
  file: string,
): readonly [X509Certificate, ...X509Certificate[]] {
  try {
    const [first, ...rest] = (pem.match(BLOCK) ?? []).map((block) => new X509Certificate(block));
    if (first !== undefined) return [first, ...rest];
  } catch (error) {
    throw new CertificateError(`${file} has a certificate that is none: ${messageOf(error)}`);
  }
  throw new CertificateError(
    `${file} has no certificate in it; a PEM file begins with -----BEGIN CERTIFICATE-----`,
  );
}

function privateKeyOf(pem: string, file: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    const isLocked = pem.includes('ENCRYPTED');
    throw new CertificateError(
      isLocked
        ? `the key ${file} has a passphrase, which nobody could type here; store it without one`
        : `${file} has no private key in it: ${messageOf(error)}`,
    );
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
