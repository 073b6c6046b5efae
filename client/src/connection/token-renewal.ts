import type { Clock, Reply, Request, Timer, Unsent, Welcome } from '@confer/shared';
import type { ClientOptions } from '../api.ts';

/** A new token is asked for once this much of the time of the last one is over. */
const RENEW_AT = 0.8;
/** Timers of more than 24 days fire at once; a token is looked at again this often. */
const LOOK_MS_MAX = 24 * 60 * 60 * 1_000;
/** With less left, the server ends the connection first, and the next one brings a new token. */
const LEFT_MS_MIN = 1_000;

export interface RenewalParts {
  readonly clock: Clock;
  readonly token: ClientOptions['token'];
  /** Sends a request over the connection of the moment. */
  readonly tell: (request: (id: number) => Unsent<Request>, answer: (reply: Reply) => void) => void;
}

/**
 * Goes on with a new token before the one in use expires, so that an expiring token costs no reconnect. Where that
 * fails, it is tried again in half of the time that is left.
 */
export class TokenRenewal {
  readonly #with: RenewalParts;
  #timer: Timer | undefined;

  constructor(parts: RenewalParts) {
    this.#with = parts;
  }

  /** A connection is there, for as long as its token holds. */
  opened({ expiresInMs }: Welcome): void {
    this.stop();
    if (expiresInMs !== undefined && typeof this.#with.token === 'function')
      this.#expect(expiresInMs, expiresInMs * RENEW_AT);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #expect(leftMs: number, inMs: number): void {
    const { clock } = this.#with;
    if (leftMs < LEFT_MS_MIN) return;
    const delayMs = Math.min(inMs, LOOK_MS_MAX);
    const endAt = clock.now() + leftMs;
    const timer = clock.setTimer(delayMs, () => {
      if (delayMs < inMs) this.#expect(leftMs - delayMs, inMs - delayMs);
      else void this.#renew(timer, endAt);
    });
    this.#timer = timer;
  }

  async #renew(timer: Timer, endAt: number): Promise<void> {
    const { token, tell, clock } = this.#with;
    const again = () => {
      const leftMs = endAt - clock.now();
      if (this.#timer === timer) this.#expect(leftMs, leftMs / 2);
    };
    try {
      if (typeof token !== 'function') return;
      const next = await token();
      if (this.#timer !== timer) return;
      tell(
        (id) => ({ type: 'renew', id, token: next }),
        (reply) => {
          if (reply.type !== 'renewed') again();
          else if (this.#timer === timer && reply.expiresInMs !== undefined)
            this.#expect(reply.expiresInMs, reply.expiresInMs * RENEW_AT);
        },
      );
    } catch {
      again();
    }
  }
}
