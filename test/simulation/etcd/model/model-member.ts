import type { ResponseHeader } from '../../../../server/src/engine/etcd/client/messages.ts';
import type { Applied } from './history.ts';
import type { World } from './world.ts';

/** What is at a member and ends when it stops: calls, and streams. */
export interface AtMember {
  /** The connection is gone. */
  cut(): void;
  /** The member applied something, or goes on after it was frozen. */
  look?(): void;
}

/** A member: where it is in the log, and what is waiting at it. */
export class ModelMember {
  readonly name: string;
  readonly id: string;
  state: 'up' | 'frozen' | 'down' = 'up';
  /** It comes to what is committed within so long. */
  lagMs = 5;
  readonly #etcd: World;
  readonly #present = new Set<AtMember>();
  #waiting: { readonly position: number; readonly run: () => void }[] = [];
  /** What arrived while it was frozen. */
  #held: (() => void)[] = [];
  /** In the log of the history. */
  #position = 0;
  #isFollowing = false;

  constructor(etcd: World, index: number) {
    this.#etcd = etcd;
    this.name = `m${index}`;
    this.id = `${9_372_538_179_322_589_801n + BigInt(index)}`;
  }

  get view(): Applied {
    const { history } = this.#etcd;
    return history.applied[this.#position] ?? history.last;
  }

  get header(): ResponseHeader {
    const { revision } = this.view;
    return { clusterId: this.#etcd.clusterId, memberId: this.id, revision, raftTerm: 2 };
  }

  enter(one: AtMember): void {
    this.#present.add(one);
  }

  has(one: AtMember): boolean {
    return this.#present.has(one);
  }

  leave(one: AtMember): void {
    this.#present.delete(one);
  }

  /** Something comes in over the network. */
  receive(run: () => void): void {
    if (this.state === 'frozen') this.#held.push(run);
    else if (this.state === 'up') run();
  }

  /** Once all is applied that is committed now: what is read then is linearizable. */
  whenCurrent(run: () => void): void {
    const position = this.#etcd.history.applied.length - 1;
    if (this.#position >= position) run();
    else this.#waiting.push({ position, run });
  }

  followSoon(): void {
    if (this.#isFollowing || this.state !== 'up') return;
    this.#isFollowing = true;
    this.#etcd.clock.setTimer(this.#etcd.random.int(0, this.lagMs), () => {
      this.#isFollowing = false;
      if (this.state === 'up') this.#follow();
    });
  }

  freeze(): void {
    if (this.state === 'up') this.state = 'frozen';
  }

  /** Everything it had under way is lost. */
  stop(): void {
    this.state = 'down';
    this.#held = [];
    this.#waiting = [];
    for (const one of [...this.#present]) one.cut();
    this.#present.clear();
  }

  /** After it was frozen or stopped. */
  start(): void {
    if (this.state === 'up') return;
    this.state = 'up';
    for (const run of this.#held.splice(0)) this.receive(run);
    for (const one of [...this.#present]) one.look?.();
    this.followSoon();
  }

  /** It begins where the history does. */
  forget(): void {
    this.#position = 0;
  }

  #follow(): void {
    this.#position = this.#etcd.history.applied.length - 1;
    const [ready, others] = [this.#waiting, []];
    this.#waiting = others;
    for (const waiter of ready)
      if (waiter.position <= this.#position) waiter.run();
      else this.#waiting.push(waiter);
    for (const one of [...this.#present]) one.look?.();
  }
}
