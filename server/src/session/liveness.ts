import { times } from '@confer/shared';
import type { Socket } from '../transport/socket.ts';

/** How a peer that gave no sign of life for too long is to be told. */
export interface Silence {
  readonly silentMs: number;
  /** It does not take what waits for it. */
  readonly isStuck: boolean;
}

/** Whether the other side of a connection lives (W8): it says something, or takes what was sent. */
export class Liveness {
  readonly #socket: Pick<Socket, 'bufferedBytes' | 'isReceiving'>;
  readonly #heartbeatMs: number;
  #lastAliveAt: number;
  #bufferedBefore = 0;

  constructor(
    socket: Pick<Socket, 'bufferedBytes' | 'isReceiving'>,
    heartbeatMs: number,
    now: number,
  ) {
    this.#socket = socket;
    this.#heartbeatMs = heartbeatMs;
    this.#lastAliveAt = now;
  }

  shown(now: number): void {
    this.#lastAliveAt = now;
  }

  /**
   * To be asked once a heartbeat. Bytes of a frame that is not whole are a sign of life, too, up to a
   * time: a large frame on a slow link takes longer than a silence may.
   */
  silence(now: number): Silence | undefined {
    const buffered = this.#socket.bufferedBytes;
    if (buffered < this.#bufferedBefore) this.#lastAliveAt = now;
    this.#bufferedBefore = buffered;
    const silentMs = now - this.#lastAliveAt;
    const isStuck = buffered > 0;
    // Asked one beat early, because a transport may have to ask the peer.
    const beats = silentMs / this.#heartbeatMs;
    if (beats < times.silentBeatsMax - 1) return undefined;
    const isReceiving = !isStuck && this.#socket.isReceiving(silentMs);
    if (beats < times.silentBeatsMax) return undefined;
    return isReceiving && beats < times.frameBeatsMax ? undefined : { silentMs, isStuck };
  }
}
