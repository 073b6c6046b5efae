import type { Client, Mirror } from '@confer/client';
import type { Timer } from '@confer/shared';
import { type Context, notice } from '../context.ts';
import { oneLine } from '../output/text.ts';

const RETRY_FIRST_MS = 1_000;
const RETRY_LONGEST_MS = 60_000;

/**
 * A mirror that outlives its own failure: where the right to read is taken away, what was there stays of use, and
 * it is asked for again, ever later, until somebody gives the right back.
 */
export class FollowedMirror {
  readonly path: string;
  readonly #context: Context;
  readonly #client: Client;
  readonly #onMoved: () => void;
  readonly #onChange: () => void;
  #mirror: Mirror;
  /** Whether a whole state was here already: before that a failure is for whoever waits for it. */
  #isKept = false;
  #retryMs = RETRY_FIRST_MS;
  #isMissed = false;
  #timer: Timer | undefined;

  /** `onMoved` hears of everything that may matter to who waits, `onChange` of what is to be looked at again. */
  constructor(
    context: Context,
    client: Client,
    path: string,
    told: { readonly onMoved: () => void; readonly onChange: () => void },
  ) {
    this.path = path;
    this.#context = context;
    this.#client = client;
    this.#onMoved = told.onMoved;
    this.#onChange = told.onChange;
    this.#mirror = this.#open();
  }

  get mirror(): Mirror {
    return this.#mirror;
  }

  /** From now on a failure is said and waited out. */
  keep(): void {
    this.#isKept = true;
  }

  close(): void {
    this.#timer?.cancel();
    this.#mirror.close();
  }

  #open(): Mirror {
    const mirror = this.#client.mirror(this.path);
    mirror.on('change', () => this.#onChange());
    mirror.on('status', ({ to, reason }) => {
      if (to === 'failed' && this.#isKept) this.#fail(reason);
      if (to === 'live' && this.#isMissed) this.#recover();
      this.#onMoved();
    });
    return mirror;
  }

  #fail(reason: string): void {
    if (!this.#isMissed)
      this.#context.terminal.stderr.write(
        `warning: ${this.path} cannot be read any more (${oneLine(reason)}); going on with what was there, and trying again\n`,
      );
    this.#isMissed = true;
    this.#timer = this.#context.terminal.clock.setTimer(this.#retryMs, () => {
      this.#mirror.close();
      this.#mirror = this.#open();
    });
    this.#retryMs = Math.min(RETRY_LONGEST_MS, this.#retryMs * 2);
  }

  #recover(): void {
    notice(this.#context, `${this.path} can be read again`);
    this.#isMissed = false;
    this.#retryMs = RETRY_FIRST_MS;
    // What happened meanwhile is no change of a mirror that is new.
    this.#onChange();
  }
}
