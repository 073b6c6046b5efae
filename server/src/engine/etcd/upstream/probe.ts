import type { Members } from '../client/members.ts';
import { isProgressAnswered, isProgressSound } from '../client/versions.ts';
import type { MemberLooks } from '../epoch/member-looks.ts';
import type { Keyspace } from '../keyspace/keyspace.ts';

export interface ProbeOptions {
  readonly members: Members;
  readonly looks: MemberLooks;
  readonly keyspace: Keyspace;
  /** Asks on the stream of the watch, where there is one. */
  readonly requestProgress: () => void;
  readonly onHeard: (revision: number) => void;
}

const FENCE_TIMEOUT_MS = 3_000;
const ASK_TIMEOUT_MS = 2_000;

/** Makes something come where nothing does: that a member is there, or how far the watch is. */
export class Probe {
  readonly #options: ProbeOptions;
  #isFencing = false;
  #isWanted = false;

  constructor(options: ProbeOptions) {
    this.#options = options;
  }

  /** Whether an answer to a request for progress is in order with events. */
  get isSound(): boolean {
    const { version } = this.#options.looks;
    return version !== undefined && isProgressSound(version);
  }

  /** How far the watch is. */
  nudge(): void {
    if (this.isSound) this.#options.requestProgress();
    else void this.fence();
  }

  /** That the member is there. */
  ask(): void {
    const { looks, members, keyspace, requestProgress, onHeard } = this.#options;
    if (looks.version === undefined || isProgressAnswered(looks.version)) {
      requestProgress();
      return;
    }
    // A watch that never had an event is not answered there, so that the member itself is asked.
    members.current.range({ key: keyspace.head }, { timeoutMs: ASK_TIMEOUT_MS }).then(
      ({ header }) => onHeard(header.revision),
      () => {},
    );
  }

  /**
   * Writes what comes back in order, where nothing else says how far the watch is: once for all who ask at once.
   * One that is under way may be made before what somebody has seen elsewhere, so there is one more after it.
   */
  async fence(): Promise<void> {
    this.#isWanted = true;
    if (this.#isFencing) return;
    this.#isFencing = true;
    while (this.#isWanted) {
      this.#isWanted = false;
      await this.#write();
    }
    this.#isFencing = false;
  }

  async #write(): Promise<void> {
    const { members, keyspace } = this.#options;
    const put = { requestPut: { key: keyspace.fence, value: Buffer.alloc(0) } };
    try {
      await members.current.txn(
        { compare: [], success: [put], failure: [] },
        { timeoutMs: FENCE_TIMEOUT_MS },
      );
    } catch {
      // The next one will tell.
    }
  }
}
