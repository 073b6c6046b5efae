import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join, relative } from 'node:path';
import { createAuthority, issueCertificate } from '@confer/server';
import { DEFAULT_PORT } from '@confer/shared';
import { countArgument } from '../arguments.ts';
import type { Context } from '../context.ts';
import { exitCodes, Failure, usageError } from '../failure.ts';

export interface SelfSignedOptions {
  readonly host?: readonly string[];
  readonly days: string;
  readonly out: string;
}

const DAY_MS = 24 * 60 * 60_000;
/** Browsers and Apple's systems take none that is good for longer. */
const DAYS_MAX = 825;
/** The clock of whoever looks may be a little behind. */
const EARLIER_MS = 60 * 60_000;
const LOOPBACK = ['localhost', '127.0.0.1', '::1'];

/** Makes the certificate of a server, with an authority that is there for it alone. */
export async function selfSigned(context: Context, options: SelfSignedOptions): Promise<void> {
  const { out, host: hosts = [] } = options;
  const days = countArgument(options.days, '--days');
  if (days < 1 || days > DAYS_MAX)
    throw usageError(`--days ${options.days}: a certificate is good for 1 to ${DAYS_MAX} days`);
  const wrong = hosts.find((host) => !isHost(host));
  if (wrong !== undefined)
    throw usageError(`--host ${wrong} is no name; one looks like config.example or 10.0.0.5`);
  const names = [...new Set([...LOOPBACK, ...hosts])];
  const now = context.terminal.clock.now();
  const validity = { from: now - EARLIER_MS, to: now + days * DAY_MS };
  const authority = createAuthority('Confer for trying', validity);
  // Nothing is decided by the common name, which may not be long.
  const commonName = 'Confer server';
  const server = issueCertificate(authority, { commonName, names, usage: 'server', ...validity });
  await write(out, [
    { name: 'ca.pem', text: authority.cert, mode: 0o644 },
    { name: 'server.pem', text: server.cert, mode: 0o644 },
    { name: 'server-key.pem', text: server.key, mode: 0o600 },
  ]);
  await tell(context, out, names, validity.to);
}

function isHost(text: string): boolean {
  return isIP(text) !== 0 || /^(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*$/i.test(text);
}

interface NewFile {
  readonly name: string;
  readonly text: string;
  readonly mode: number;
}

/** What is there may be in use, and is left alone. */
async function write(directory: string, files: readonly NewFile[]): Promise<void> {
  const there = files.map(({ name }) => join(directory, name)).find((file) => existsSync(file));
  if (there !== undefined)
    throw new Failure(
      exitCodes.conflict,
      'conflict',
      `${there} is there already`,
      'choose another directory, or remove what is there',
    );
  try {
    await mkdir(directory, { recursive: true });
    for (const { name, text, mode } of files)
      await writeFile(join(directory, name), text, { mode, flag: 'wx' });
  } catch (error) {
    throw new Failure(exitCodes.other, 'unwritable', `${directory} cannot be written: ${error}`);
  }
}

async function tell(
  { terminal }: Context,
  out: string,
  names: readonly string[],
  expiresAt: number,
): Promise<void> {
  const file = (name: string) => relative('', join(out, name));
  const until = new Date(expiresAt).toISOString().slice(0, 10);
  const lines = [
    `${file('ca.pem')}, ${file('server.pem')} and ${file('server-key.pem')} are good until ${until} for ${names.join(', ')}`,
    `the server: ${terminal.command} serve --tls-cert ${file('server.pem')} --tls-key ${file('server-key.pem')}`,
    `a client:   ${terminal.command} --url https://localhost:${DEFAULT_PORT} --ca ${file('ca.pem')} status`,
  ];
  await terminal.stdout.write(`${lines.join('\n')}\n`);
}
