import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, Timer } from '@confer/shared';
import { StartError } from '../errors.ts';
import type { Log } from '../log.ts';
import { LOCK_NAME, makeAuditDirectory, type OpenAuditFile, openAuditFile } from './audit-file.ts';
import { AuditLog } from './audit-log.ts';
import { AuditWriter } from './audit-writer.ts';
import { Denials } from './denials.ts';
import type { AuditEvent, AuditHead } from './events.ts';
import { LineWriter } from './line.ts';
import { LoginFailures } from './login-failures.ts';

/** What was done, by whom, from where, and which rule decided, written down for good. */
export interface Audit {
  /**
   * Writes an event down. Where lines are required, it resolves once the line is durable, and rejects with
   * `unavailable` where it cannot be written; whoever does not wait need not care. Else it returns nothing.
   */
  record(event: AuditEvent): Promise<void> | undefined;
  /** Events that could not be written, since the start. */
  readonly lost: number;
  /** Whether it cannot be written now: what comes waits for that, or is refused. */
  readonly isFailing: boolean;
  /** Writes what waits. What is recorded from then on is lost. */
  close(): Promise<void>;
}

/** For a server without an audit. */
export const NO_AUDIT: Audit = {
  record: () => undefined,
  lost: 0,
  isFailing: false,
  close: async () => {},
};

export interface AuditOptions {
  /** Made when it is not there, in a directory that is. */
  readonly directory: string;
  /** The name of this server in each line. */
  readonly gateway: string;
  /** `required`: nothing is done whose line cannot be written. `best-effort`: it is counted. */
  readonly mode: 'required' | 'best-effort';
  readonly clock: Clock;
  readonly defer: (run: () => void) => void;
  readonly log: Log;
  /**
   * Told of the last line every thousand lines, every hour in which there were some, and at the end, once it is on
   * the disk. Kept in another place, it shows when the end of a file was cut off.
   */
  readonly onHead?: (head: AuditHead) => void;
  /** Locks a file for this process; `false` where another has it. Without it two may write into one directory. */
  readonly lock?: (descriptor: number) => boolean;
  /** Default: 64 MiB. */
  readonly fileBytesMax?: number;
  /** Default: a day. */
  readonly fileAgeMs?: number;
  /** How long files are kept. Default: 90 days. */
  readonly keepMs?: number;
  /** What may wait to be written. Default: 16 MiB. */
  readonly queueBytesMax?: number;
  /** Default: the disk. */
  readonly openFile?: OpenAuditFile;
}

const MIB = 1024 * 1024;
const DAY_MS = 86_400_000;

/**
 * Goes on with the audit in a directory, or begins one. Rejects with a `StartError` where its chain is broken, where
 * another process writes it, or, if lines are required, where it cannot be written.
 */
export async function openAudit(options: AuditOptions): Promise<Audit> {
  const { directory, gateway, mode, clock, defer, log } = options;
  const lines = new LineWriter(gateway);
  const lock = new DirectoryLock(directory, options.lock);
  const writer = new AuditWriter({
    isRequired: mode === 'required',
    queueBytesMax: options.queueBytesMax ?? 16 * MIB,
    clock,
    defer,
    log,
    lines,
    onHead: options.onHead ?? (() => {}),
    openLog: () => {
      lock.take();
      return AuditLog.open({
        directory,
        clock,
        lines,
        openFile: options.openFile ?? openAuditFile,
        fileBytesMax: options.fileBytesMax ?? 64 * MIB,
        fileAgeMs: options.fileAgeMs ?? DAY_MS,
        keepMs: options.keepMs ?? 90 * DAY_MS,
        isDurable: mode === 'required',
        onNotice: (notice) => log('warn', notice),
      });
    },
  });
  try {
    await writer.open();
  } catch (error) {
    lock.release();
    throw error;
  }
  return new FileAudit(writer, { lines, clock, lock });
}

class FileAudit implements Audit {
  readonly #writer: AuditWriter;
  readonly #lines: LineWriter;
  readonly #clock: Clock;
  readonly #lock: DirectoryLock;
  readonly #failures = new LoginFailures();
  readonly #denials = new Denials();
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(
    writer: AuditWriter,
    { lines, clock, lock }: { lines: LineWriter; clock: Clock; lock: DirectoryLock },
  ) {
    this.#writer = writer;
    this.#lines = lines;
    this.#clock = clock;
    this.#lock = lock;
  }

  get lost(): number {
    return this.#writer.lost;
  }

  get isFailing(): boolean {
    return this.#writer.isFailing;
  }

  record(event: AuditEvent): Promise<void> | undefined {
    const now = this.#clock.now();
    if (event.event === 'denied') {
      const told = this.#denials.take(event, now);
      return told && this.#writer.append(this.#lines.event(told, now));
    }
    if (event.event !== 'loginFailed') return this.#writer.append(this.#lines.event(event, now));
    this.#failures.add(event.who, event.reason, now);
    if (this.#isClosed) this.#writeFailures(Number.POSITIVE_INFINITY);
    else this.#arm(now);
    return undefined;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#writeFailures(Number.POSITIVE_INFINITY);
    await this.#writer.close();
    this.#lock.release();
  }

  #arm(now: number): void {
    const { dueAt } = this.#failures;
    if (dueAt === undefined) return;
    this.#timer ??= this.#clock.setTimer(Math.max(0, dueAt - now), () => {
      this.#timer = undefined;
      this.#writeFailures(this.#clock.now());
      this.#arm(this.#clock.now());
    });
  }

  #writeFailures(until: number): void {
    for (const row of this.#failures.take(until))
      void this.#writer.append(this.#lines.loginFailed(row, this.#clock.now()));
  }
}

/** Held by one process at a time, from when it can be taken until the end. */
class DirectoryLock {
  readonly #directory: string;
  readonly #lock: (descriptor: number) => boolean;
  #descriptor: number | undefined;

  constructor(directory: string, lock: (descriptor: number) => boolean = () => true) {
    this.#directory = directory;
    this.#lock = lock;
  }

  take(): void {
    if (this.#descriptor !== undefined) return;
    makeAuditDirectory(this.#directory);
    const descriptor = openSync(join(this.#directory, LOCK_NAME), 'a', 0o600);
    // safeguard: one-server-writes-an-audit
    if (!this.#lock(descriptor)) {
      closeSync(descriptor);
      throw new StartError(
        'storage',
        `another server writes the audit in ${this.#directory}; give this one a directory of its own`,
      );
    }
    this.#descriptor = descriptor;
  }

  release(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}
