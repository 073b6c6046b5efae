import type { Clock, Timer } from '@confer/shared';
import type { Log } from '../log.ts';
import type { TlsFiles } from '../transport/tls-files.ts';
import {
  type Certificate,
  CertificateError,
  readCertificate,
  type TlsOptions,
  timeText,
  versionOf,
} from './certificate.ts';

/** How often it is looked whether the files have changed. */
const LOOK_MS = 60_000;
const DAY_MS = 24 * 60 * 60_000;
/** From so long before the end on, the log says each day that it is near. */
const NEAR_MS = 14 * DAY_MS;

export interface RenewalOptions {
  readonly tls: TlsOptions;
  readonly clock: Clock;
  readonly log: Log;
  /** Has the listener show it. A rejection means that it shows what it did before. */
  readonly show: (files: TlsFiles) => Promise<void>;
}

/**
 * Keeps the certificate of a server up to date: whoever renews it puts the files there, and new connections get it
 * within a minute, or at once after `reload`. What will not do is said once, and what was there before stays.
 */
export class Renewal {
  readonly #options: RenewalOptions;
  #shown: Certificate;
  /** Of the files, when what is shown was read. */
  #version: string | undefined;
  #problem: string | undefined;
  #warnedAt = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;
  #isStopped = false;
  /** One reading at a time. */
  #last: Promise<void> = Promise.resolve();

  /** `shown` is what the listener began with. */
  constructor(options: RenewalOptions, shown: Certificate) {
    this.#options = options;
    this.#shown = shown;
    this.#warnIfNear();
    this.#waitForChange();
  }

  /** Reads the files now, and says in the log what came of it. */
  reload(): Promise<void> {
    this.#problem = undefined;
    return this.#inTurn(() => this.#read());
  }

  /** When the certificate that is shown ends, in ms since the Unix epoch. */
  get expiresAt(): number {
    return this.#shown.expiresAt;
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  #waitForChange(): void {
    this.#timer = this.#options.clock.setTimer(LOOK_MS, () => {
      void this.#inTurn(() => this.#look()).then(() => {
        if (!this.#isStopped) this.#waitForChange();
      });
    });
  }

  #inTurn(run: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(run);
    return this.#last;
  }

  async #look(): Promise<void> {
    this.#warnIfNear();
    // The first look reads them too: they may have changed before anybody looked.
    if ((await versionOf(this.#options.tls)) !== this.#version) await this.#read();
  }

  async #read(): Promise<void> {
    const { tls, clock, log, show } = this.#options;
    try {
      const version = await versionOf(tls);
      // safeguard: bad-certificate-is-not-shown
      const next = await readCertificate(tls, clock.now());
      if (this.#isStopped) return;
      const isNew = !isSame(next.files, this.#shown.files);
      // safeguard: shown-is-what-the-listener-took
      if (isNew) await show(next.files);
      this.#shown = next;
      this.#version = version;
      this.#problem = undefined;
      if (!isNew) return;
      this.#warnedAt = Number.NEGATIVE_INFINITY;
      log('info', 'new connections get the new certificate', {
        expires: timeText(next.expiresAt),
      });
      this.#warnIfNear();
    } catch (error) {
      this.#keepOld(error);
    }
  }

  #keepOld(error: unknown): void {
    const problem = error instanceof Error ? error.message : String(error);
    if (problem === this.#problem) return;
    this.#problem = problem;
    const why = error instanceof CertificateError ? problem : `it could not be shown: ${problem}`;
    this.#options.log('error', `the certificate stays the one that it was: ${why}`);
  }

  #warnIfNear(): void {
    const { clock, log, tls } = this.#options;
    const now = clock.now();
    const { expiresAt } = this.#shown;
    if (expiresAt - now > NEAR_MS || now - this.#warnedAt < DAY_MS) return;
    this.#warnedAt = now;
    const when = expiresAt <= now ? 'has expired' : 'expires soon';
    log('warn', `the certificate ${tls.certFile} ${when}: put a new one there`, {
      expires: timeText(expiresAt),
    });
  }
}

function isSame(one: TlsFiles, other: TlsFiles): boolean {
  return one.cert === other.cert && one.key === other.key && one.clientCa === other.clientCa;
}
