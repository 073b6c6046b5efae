import { stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { subtreeProblem } from '@confer/shared';
import type { Auditing } from './api/context.ts';
import type { Audit } from './audit/audit.ts';
import type { AuditHead } from './audit/events.ts';
import { Bootstrap, readTokenFile } from './auth/bootstrap.ts';
import type { JwtPrincipal } from './auth/jwt/claims.ts';
import type { JwtVerifier } from './auth/jwt/jwt.ts';
import { AUDIT_HEADS } from './auth/records.ts';
import type { Core, CoreOptions } from './core.ts';
import { StartError } from './errors.ts';
import type { Log } from './log.ts';
import { systemRuntime } from './runtime.ts';

/** Of a mode: all but the owner and the group. */
const OTHERS = 0o007;

/** Who a server serves, and what it writes down of that. */
export interface GuardOptions {
  /**
   * Whether everybody is asked who they are. Default `off`: then everybody may do everything, and only this machine
   * is served.
   */
  readonly auth?: 'on' | 'off';
  /** A file with a token of the operator's own, which becomes the first admin's where there is none. */
  readonly bootstrapTokenFile?: string;
  /** Whose signed tokens (JWTs) are believed: a file of issuers. */
  readonly issuersFile?: string;
  /**
   * Whether who did what is written down: as well as can be, or before anything is done, so that nothing is done whose
   * line cannot be written. Default: `best-effort` where everybody is asked who they are and there is a directory.
   */
  readonly audit?: 'off' | 'best-effort' | 'required';
  /** Subtrees of which the audit has even who reads them. */
  readonly auditReads?: readonly string[];
  /** Default: `audit` in the data directory; a gateway over etcd has none. */
  readonly auditDirectory?: string;
}

/** Where a guard keeps what it has of its own. */
export interface GuardPlaces {
  /** The data directory of this server, where it has one. */
  readonly directory: string | undefined;
  readonly log: Log;
}

/** Whose signed tokens are believed, which can change. */
class LiveSignatures implements JwtVerifier {
  #now: JwtVerifier;

  constructor(now: JwtVerifier) {
    this.#now = now;
  }

  verify(token: string): Promise<JwtPrincipal> {
    return this.#now.verify(token);
  }

  become(next: JwtVerifier): void {
    this.#now = next;
  }
}

type Guarded = Pick<CoreOptions, 'auth' | 'auditing'>;

/** Asks everybody who they are and writes down what they do, as far as the server was told to. */
export class Guard {
  readonly #options: GuardOptions;
  readonly #places: GuardPlaces;
  readonly #bootstrap: Bootstrap | undefined;
  readonly #signatures: LiveSignatures | undefined;
  readonly #gateway: string;
  #auditing: Auditing | undefined;
  #core: Core | undefined;

  private constructor(
    options: GuardOptions,
    places: GuardPlaces,
    signatures: JwtVerifier | undefined,
  ) {
    this.#options = options;
    this.#places = places;
    this.#signatures = signatures && new LiveSignatures(signatures);
    this.#gateway = gatewayName(places.directory);
    this.#bootstrap = options.auth === 'on' ? bootstrapOf(options, places) : undefined;
  }

  /** Rejects with a `StartError` where something that it needs is missing, or wrong. Leaves nothing behind. */
  static async open(options: GuardOptions, places: GuardPlaces): Promise<Guard> {
    requireAuth(options, options.auth === 'on');
    if (options.auth === 'on') await warnOfReaders(places);
    const { issuersFile } = options;
    const signatures =
      issuersFile === undefined ? undefined : await signaturesOf(issuersFile, places);
    return new Guard(options, places, signatures);
  }

  /** Once there is a store, and so a directory: the audit lies in it. */
  async begin(): Promise<void> {
    const onHead = (head: AuditHead) => this.#keep(head);
    this.#auditing ??= await auditingOf(this.#options, this.#places, this.#gateway, onHead);
  }

  /** What a core needs to know of it. */
  get guarded(): Guarded {
    const bootstrap = this.#bootstrap;
    const signatures = this.#signatures === undefined ? {} : { signatures: this.#signatures };
    return {
      ...(bootstrap && { auth: { bootstrap: () => bootstrap.secret, ...signatures } }),
      ...(this.#auditing && { auditing: this.#auditing }),
    };
  }

  /** Makes sure that somebody may say who may do what, before anybody is served. */
  async prepare(core: Core): Promise<void> {
    if (core.administration !== undefined) await this.#bootstrap?.prepare(core.administration);
    this.#core = core;
  }

  /**
   * Reads the issuers again, and has them believed once what it returns is called. Rejects with a `StartError` where
   * the file is wrong.
   */
  async reread(): Promise<() => void> {
    const { issuersFile } = this.#options;
    const next = issuersFile && (await signaturesOf(issuersFile, this.#places));
    return () => {
      if (next) this.#signatures?.become(next);
      this.#note('reload', 'the server was told to');
    };
  }

  started(address: string): void {
    this.#note('start', address);
  }

  stopped(): Promise<void> | undefined {
    this.#note('stop', 'the server was told to');
    return this.#auditing?.audit.close();
  }

  #note(event: 'start' | 'stop' | 'reload', reason: string): void {
    const who = { kind: 'server' } as const;
    void this.#auditing?.audit.record({ event, outcome: 'done', reason, who });
  }

  /** In the store, a head contradicts whoever shortens or rewrites a file. */
  #keep(head: AuditHead): void {
    const path = `${AUDIT_HEADS}/${this.#gateway}`;
    this.#core?.keepOwn(path, JSON.stringify(head));
  }
}

/** What has to hold of these options, each by itself: a check throws a `StartError` where it does not. */
export function guardChecks(
  options: GuardOptions,
  places: GuardPlaces,
): readonly (() => unknown)[] {
  const { bootstrapTokenFile, issuersFile } = options;
  return [
    () => requireAuth(options, options.auth === 'on'),
    () => requireAudit(options, places.directory),
    () => bootstrapTokenFile && readTokenFile(bootstrapTokenFile),
    () => issuersFile && signaturesOf(issuersFile, places),
  ];
}

/** A directory that was there before is as whoever made it wanted it: with rights, that may be an oversight. */
async function warnOfReaders({ directory, log }: GuardPlaces): Promise<void> {
  if (directory === undefined) return;
  const found = await stat(directory).catch(() => undefined);
  if (found === undefined || (found.mode & OTHERS) === 0) return;
  log('warn', `every user of this machine can look into ${directory}: chmod o= ${directory}`);
}

function requireAuth({ bootstrapTokenFile, issuersFile }: GuardOptions, isOn: boolean): void {
  if (isOn) return;
  if (bootstrapTokenFile !== undefined)
    throw new StartError('invalid', '--bootstrap-token-file is for a server with --auth on');
  if (issuersFile !== undefined)
    throw new StartError('invalid', '--issuers is for a server with --auth on');
}

function bootstrapOf({ bootstrapTokenFile }: GuardOptions, { directory, log }: GuardPlaces) {
  const { clock, newSecret } = systemRuntime;
  return new Bootstrap({ directory, tokenFile: bootstrapTokenFile, clock, newSecret, log });
}

async function signaturesOf(issuersFile: string, { log }: GuardPlaces): Promise<JwtVerifier> {
  const { openJwtVerifier } = await import('./auth/jwt/jwt.ts');
  const { clock, uptimeMs } = systemRuntime;
  return openJwtVerifier({ issuersFile, clock, uptimeMs, log });
}

async function auditingOf(
  options: GuardOptions,
  { directory, log }: GuardPlaces,
  gateway: string,
  onHead: (head: AuditHead) => void,
): Promise<Auditing | undefined> {
  const { auth, audit, auditReads = [] } = options;
  const place = requireAudit(options, directory);
  const mode = audit ?? (auth === 'on' && place !== undefined ? 'best-effort' : 'off');
  if (mode === 'off' || place === undefined) return undefined;
  const opened = await open(place, mode, gateway, onHead, log);
  return { audit: opened, isRequired: mode === 'required', sensitive: auditReads };
}

/** Where the audit lies, if anywhere. */
function requireAudit(
  { audit, auditDirectory, auditReads = [] }: GuardOptions,
  directory: string | undefined,
): string | undefined {
  const place = auditDirectory ?? (directory === undefined ? undefined : join(directory, 'audit'));
  const isAsked = audit !== undefined && audit !== 'off';
  if (isAsked && place === undefined)
    throw new StartError(
      'invalid',
      'a server without data of its own has its audit in --audit-dir',
    );
  for (const subtree of auditReads) {
    const problem = subtreeProblem(subtree);
    if (problem !== undefined)
      throw new StartError('invalid', `--audit-reads ${subtree}: ${problem}`);
  }
  return place;
}

async function open(
  directory: string,
  mode: 'best-effort' | 'required',
  gateway: string,
  onHead: (head: AuditHead) => void,
  log: Log,
): Promise<Audit> {
  const { openAudit } = await import('./audit/audit.ts');
  const { lockDescriptor } = await import('./engine/lmdb/directory/file-lock.ts');
  const { clock, defer } = systemRuntime;
  return openAudit({ directory, gateway, mode, clock, defer, log, onHead, lock: lockDescriptor });
}

/** Of a server that keeps data, whose directory is the machine's; of a gateway, one of many. */
function gatewayName(directory: string | undefined): string {
  const host =
    hostname()
      .replace(/[^A-Za-z0-9._-]/g, '-')
      .slice(0, 64) || 'server';
  return directory === undefined ? `${host}-${systemRuntime.pid}` : host;
}
