import type { EtcdCluster, EtcdMember } from './cluster.ts';

/** Which member is asked: one until it fails, then the next. */
export class Members {
  readonly #members: readonly EtcdMember[];
  #index: number;

  /** `start` in [0, 1): gateways that start together spread over the members. */
  constructor({ members }: EtcdCluster, start: number) {
    this.#members = members;
    this.#index = Math.floor(start * members.length);
  }

  get count(): number {
    return this.#members.length;
  }

  get current(): EtcdMember {
    const member = this.#members[this.#index % this.#members.length];
    if (member === undefined) throw new Error('a cluster has at least one member');
    return member;
  }

  /** Goes on with another one, unless somebody did already. */
  leave(member: EtcdMember): void {
    if (this.current === member) this.#index = (this.#index + 1) % this.#members.length;
  }
}
