import { type Clock, ProtocolError, type Timer } from '@confer/shared';
import { StartError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { AuditLog } from './audit-log.ts';
import type { AuditHead } from './events.ts';
import type { LineWriter } from './line.ts';

export interface AuditWriterOptions {
  readonly isRequired: boolean;
  readonly queueBytesMax: number;
  readonly clock: Clock;
  readonly defer: (run: () => void) => void;
  readonly log: Log;
  readonly lines: LineWriter;
  readonly openLog: () => Promise<AuditLog>;
  readonly onHead: (head: AuditHead) => void;
}

/** What one write takes: its sums keep the loop for some five milliseconds. */
const BATCH_BYTES_MAX = 1024 * 1024;
/** How long what was written may be lost with the power, where nobody waits for it. */
const SYNC_MS = 1_000;
/**
 * What nobody waits for is gathered for so long: a write takes as much of a processor as twenty lines, and a turn
 * under load has few.
 */
const GATHER_MS = 10;
const RETRY_MS = 1_000;
const HEAD_LINES = 1_000;
const HEAD_MS = 3_600_000;

interface Waiting {
  readonly body: string;
  readonly settle?: { readonly resolve: () => void; readonly reject: (error: Error) => void };
}

type State = { readonly kind: 'well' } | { readonly kind: 'failing'; readonly reason: string };

/**
 * Takes lines as they come, and writes those of a turn of the event loop at once. Nothing waits for the disk but
 * whoever asks to. Where lines cannot be written: if they are required, whoever waits is told so; else they are
 * kept, as many as there is room for, and written when that works again, and the others are counted.
 */
export class AuditWriter {
  readonly #options: AuditWriterOptions;
  #log: AuditLog | undefined;
  #queue: Waiting[] = [];
  #queuedBytes = 0;
  #state: State = { kind: 'well' };
  #lost = 0;
  /** Lost, and not yet said in a line. */
  #unsaid = 0;
  #running: Promise<void> | undefined;
  #isClosed = false;
  #isScheduled = false;
  #gathering: Timer | undefined;
  #retry: Timer | undefined;
  #syncTimer: Timer | undefined;
  #headTimer: Timer | undefined;
  readonly #due = { sync: false, head: false };
  #headSeq = 0;

  constructor(options: AuditWriterOptions) {
    this.#options = options;
  }

  /** Rejects with a `StartError` where it may not begin as things are. */
  async open(): Promise<void> {
    try {
      this.#log = await this.#options.openLog();
      this.#headSeq = this.#log.head.seq;
    } catch (error) {
      if (error instanceof StartError) throw error;
      const reason = reasonOf(error);
      if (this.#options.isRequired)
        throw new StartError('storage', `the audit cannot be written: ${reason}`, error);
      this.#fail(error);
    }
  }

  /** Events that could not be written, since the start. */
  get lost(): number {
    return this.#lost;
  }

  get isFailing(): boolean {
    return this.#state.kind === 'failing';
  }

  /** Where lines are required, resolves once this one is durable, and rejects with `unavailable`. */
  append(body: string): Promise<void> | undefined {
    const { isRequired, queueBytesMax } = this.#options;
    if (this.#isClosed) return this.#lose('the audit is closed');
    // safeguard: audit-queue-is-bounded
    if (this.#queuedBytes + body.length > queueBytesMax)
      return this.#lose('more is to be written than can be');
    this.#queuedBytes += body.length;
    if (!isRequired) {
      this.#queue.push({ body });
      this.#schedule();
      return undefined;
    }
    const written = new Promise<void>((resolve, reject) => {
      this.#queue.push({ body, settle: { resolve, reject } });
    });
    // Not all who record wait for it.
    written.catch(() => undefined);
    this.#schedule();
    return written;
  }

  /** Writes what waits, and tells the head. What cannot be written now is lost. */
  async close(): Promise<void> {
    if (this.#isClosed) return this.#running;
    this.#isClosed = true;
    for (const timer of [this.#gathering, this.#retry, this.#syncTimer, this.#headTimer])
      timer?.cancel();
    this.#retry = undefined;
    await this.#running;
    Object.assign(this.#due, { sync: true, head: true });
    this.#running = this.#run();
    await this.#running;
    if (this.#queue.length > 0) this.#giveUp(this.#queue.splice(0));
    await this.#log?.close().catch(() => undefined);
  }

  #schedule(): void {
    if (this.#isScheduled || this.#running !== undefined || this.#retry !== undefined) return;
    this.#isScheduled = true;
    const { isRequired, clock, defer } = this.#options;
    if (isRequired || this.#due.sync || this.#due.head) defer(() => this.#start());
    else this.#gathering = clock.setTimer(GATHER_MS, () => this.#start());
  }

  #start(): void {
    this.#isScheduled = false;
    if (this.#isClosed || this.#running !== undefined) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      if (!this.#isClosed && this.#queue.length > 0) this.#schedule();
    });
  }

  /** Writes what waits. What comes meanwhile is gathered anew, unless somebody waits for it. */
  async #run(): Promise<void> {
    const { isRequired } = this.#options;
    do {
      const batch = this.#takeBatch();
      try {
        await this.#write(batch);
      } catch (error) {
        this.#fail(error);
        if (!isRequired) return this.#putBack(batch);
        this.#giveUp(batch);
        // What is due waits for somebody who has something to write.
        if (this.#queue.length === 0) return;
        continue;
      }
      try {
        await this.#finish();
      } catch (error) {
        // What was written stays written. What is due is so still, the next time.
        return this.#fail(error);
      }
    } while (
      this.#due.sync ||
      this.#due.head ||
      this.#queuedBytes > (isRequired || this.#isClosed ? 0 : BATCH_BYTES_MAX)
    );
  }

  #putBack(batch: readonly Waiting[]): void {
    this.#queue = batch.concat(this.#queue);
    for (const { body } of batch) this.#queuedBytes += body.length;
  }

  #takeBatch(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { body } of this.#queue) {
      if (count > 0 && bytes + body.length > BATCH_BYTES_MAX) break;
      bytes += body.length;
      count++;
    }
    this.#queuedBytes -= bytes;
    return this.#queue.splice(0, count);
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    const { clock, lines, openLog, isRequired } = this.#options;
    this.#log ??= await openLog();
    if (batch.length === 0 && this.#unsaid === 0) return;
    const count = this.#unsaid;
    const bodies = batch.map(({ body }) => body);
    // safeguard: lost-events-are-said
    if (count > 0) bodies.unshift(lines.own({ event: 'lost', count }, clock.now()));
    await this.#log.write(bodies);
    this.#unsaid -= count;
    for (const { settle } of batch) settle?.resolve();
    if (!isRequired) this.#syncLater();
  }

  /** What is not done with each line. */
  async #finish(): Promise<void> {
    const log = this.#log;
    if (log === undefined) return;
    const due = this.#due;
    const { head } = log;
    if (head.seq - this.#headSeq >= HEAD_LINES) due.head = true;
    if (due.sync || due.head) {
      // What is kept elsewhere must not know more than this disk does after a power loss.
      // safeguard: head-is-on-the-disk-before-it-is-told
      await log.sync();
      due.sync = false;
    }
    this.#recover();
    if (due.head) {
      due.head = false;
      this.#headTimer?.cancel();
      this.#headTimer = undefined;
      if (head.seq > this.#headSeq) this.#options.onHead(head);
      this.#headSeq = head.seq;
    } else if (head.seq > this.#headSeq && !this.#isClosed)
      this.#headTimer ??= this.#options.clock.setTimer(HEAD_MS, () => {
        this.#headTimer = undefined;
        due.head = true;
        this.#schedule();
      });
  }

  #syncLater(): void {
    if (this.#isClosed) return;
    this.#syncTimer ??= this.#options.clock.setTimer(SYNC_MS, () => {
      this.#syncTimer = undefined;
      this.#due.sync = true;
      this.#schedule();
    });
  }

  #fail(error: unknown): void {
    const { log, isRequired, clock } = this.#options;
    const reason = reasonOf(error);
    if (this.#state.kind === 'well')
      log(
        'error',
        `the audit cannot be written: ${reason}; ${isRequired ? 'what needs its line is refused' : 'what is not written in time is lost'} until it can`,
      );
    this.#state = { kind: 'failing', reason };
    if (isRequired || this.#isClosed) return;
    this.#retry ??= clock.setTimer(RETRY_MS, () => {
      this.#retry = undefined;
      this.#start();
    });
  }

  #recover(): void {
    if (this.#state.kind === 'well') return;
    this.#state = { kind: 'well' };
    this.#options.log('info', 'the audit is written again', { lost: this.#lost });
  }

  #lose(reason: string): Promise<void> | undefined {
    if (this.#unsaid === 0 && this.#state.kind === 'well')
      this.#options.log('error', `events of the audit are lost: ${reason}`);
    this.#lost++;
    this.#unsaid++;
    if (!this.#options.isRequired) return undefined;
    const refused = Promise.reject(refusalOf(reason));
    refused.catch(() => undefined);
    return refused;
  }

  #giveUp(batch: readonly Waiting[]): void {
    this.#lost += batch.length;
    this.#unsaid += batch.length;
    const reason = this.#state.kind === 'failing' ? this.#state.reason : 'the audit is closed';
    for (const { settle } of batch) settle?.reject(refusalOf(reason));
  }
}

function refusalOf(reason: string): ProtocolError {
  return new ProtocolError('unavailable', `the audit cannot be written: ${reason}`);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
