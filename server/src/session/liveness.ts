import { times } from '@confer/shared';
import type { Socket } from '../transport/socket.ts';
import type { SessionService } from './service.ts';

/** How a peer that gave no sign of life for too long is to be told. */
export interface SilentPeer {
  /** At least. */
  readonly silentMs: number;
  /** It does not take what waits for it. */
  readonly isStuck: boolean;
}

type LivenessParts = Pick<SessionService, 'heartbeatMs' | 'counters' | 'measures' | 'runtime'>;

/**
 * Whether the other side of a connection lives (W8): it says something, or takes what was sent. Counted in
 * beats, not by the clock: one that is set forward, or a machine that slept, would end all connections.
 */
export class Liveness {
  readonly #socket: Pick<Socket, 'bufferedBytes' | 'isReceiving'>;
  readonly #with: LivenessParts;
  /** When the other side was sent a heartbeat that it has not answered, in milliseconds that the process had run. */
  #askedMs: number | undefined;
  #beatsSinceSign = 0;
  #bufferedBefore = 0;

  constructor(socket: Pick<Socket, 'bufferedBytes' | 'isReceiving'>, parts: LivenessParts) {
    this.#socket = socket;
    this.#with = parts;
  }

  /** It was sent a heartbeat. */
  asked(): void {
    this.#askedMs ??= this.#with.runtime.uptimeMs();
  }

  /** It answered one. Whoever says more than he was asked is not measured. */
  answered(): void {
    if (this.#askedMs === undefined) return;
    const { measures, runtime } = this.#with;
    measures.heartbeatSeconds.observe((runtime.uptimeMs() - this.#askedMs) / 1_000);
    this.#askedMs = undefined;
  }

  shown(): void {
    this.#beatsSinceSign = 0;
  }

  /**
   * To be asked once a heartbeat, and no more once somebody is given up. Bytes of a frame that is not whole are a sign of life, too, up to a
   * time: a large frame on a slow link takes longer than a silence may.
   */
  silence(): SilentPeer | undefined {
    const buffered = this.#socket.bufferedBytes;
    if (buffered < this.#bufferedBefore) this.shown();
    this.#bufferedBefore = buffered;
    // safeguard: silent-client-is-given-up
    // The sign of life came somewhere between two beats: so many are whole.
    const silentBeats = this.#beatsSinceSign++;
    const isStuck = buffered > 0;
    // Asked one beat early, because a transport may have to ask the peer.
    if (silentBeats < times.silentBeatsMax - 1) return undefined;
    const silentMs = silentBeats * this.#with.heartbeatMs;
    const isReceiving = !isStuck && this.#socket.isReceiving(silentMs);
    if (silentBeats < times.silentBeatsMax) return undefined;
    if (isReceiving && silentBeats < times.frameBeatsMax) return undefined;
    this.#with.counters.count(isStuck ? 'stuckPeers' : 'silentPeers');
    return { silentMs, isStuck };
  }
}
