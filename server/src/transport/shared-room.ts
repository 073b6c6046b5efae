/** One who has some of it. */
interface Share {
  bytes: number;
  readonly makeRoom: () => void;
}

/**
 * Memory that many have together. Where there is no more of it, who has had some for longest makes room: who is as quick
 * as he can be is in nobody's way, however many take some and keep it.
 */
export class SharedRoom {
  readonly #bytesMax: number;
  #bytes = 0;
  /** Who began first in front. */
  readonly #shares = new Map<object, Share>();

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Whether somebody may have so much more. `makeRoom` is called where he has to let go of all of it. */
  keep(holder: object, bytes: number, makeRoom: () => void): boolean {
    // safeguard: shared-room-is-bounded
    while (this.#bytes + bytes > this.#bytesMax) {
      const [slowest] = this.#shares;
      if (slowest === undefined || slowest[0] === holder) return false;
      const [other, share] = slowest;
      share.makeRoom();
      this.letGo(other);
    }
    this.#bytes += bytes;
    const share = this.#shares.get(holder);
    if (share === undefined) this.#shares.set(holder, { bytes, makeRoom });
    else share.bytes += bytes;
    return true;
  }

  letGo(holder: object): void {
    this.#bytes -= this.#shares.get(holder)?.bytes ?? 0;
    this.#shares.delete(holder);
  }
}
