import type { Timer } from '@confer/shared';
import { EtcdError } from '../../../../server/src/engine/etcd/client/cluster.ts';
import type { History } from './history.ts';
import type { AtMember, ModelMember } from './model-member.ts';
import type { World } from './world.ts';

/** How a member answers a call that reached it. */
export interface Serving<Answer> {
  /** With what it has. */
  answer(make: () => Answer): void;
  /** With what it has when that is as new as the cluster was. */
  read(make: () => Answer): void;
  /** After it is in the log and applied here. */
  propose(apply: (history: History) => Answer): void;
}

export interface CallOptions<Answer> {
  readonly etcd: World;
  readonly member: ModelMember;
  readonly timeoutMs: number;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** What becomes of a call on its way. */
type Fate =
  | 'well'
  /** Never arrives, and nobody says so. */
  | 'lost'
  /** Never arrives, as its connection breaks. */
  | 'cut before'
  /** Is done, and the answer never comes. */
  | 'unanswered'
  /** Is done, and the connection breaks before the answer comes. */
  | 'cut after'
  /** Is done after a long while. */
  | 'late';

const FATES: readonly Fate[] = ['lost', 'cut before', 'unanswered', 'cut after', 'late'];

/** Beyond a try of a gateway in any case, and sometimes beyond all its tries. */
const LATE_MS = [500, 2_500, 6_000, 12_000, 40_000];

function noSpace(): EtcdError {
  return new EtcdError('resource_exhausted', 'etcdserver: mvcc: database space exceeded');
}

/** A call of a client to a member. */
export class Call<Answer> implements AtMember, Serving<Answer> {
  readonly #options: CallOptions<Answer>;
  readonly #fate: Fate;
  readonly #timer: Timer;
  #isOver = false;

  constructor(options: CallOptions<Answer>) {
    const { etcd, timeoutMs } = options;
    this.#options = options;
    const { random, failureRate } = etcd;
    this.#fate = random.chance(failureRate) ? random.pick(FATES) : 'well';
    this.#timer = etcd.clock.setTimer(timeoutMs, () =>
      this.#finish(() => this.#fail('deadline_exceeded', 'Deadline exceeded')),
    );
  }

  send(serve: (serving: Serving<Answer>) => void): void {
    if (this.#fate === 'lost') return;
    this.#later(() => {
      const { member } = this.#options;
      if (this.#fate === 'cut before' || member.state === 'down') {
        this.cut();
        return;
      }
      member.enter(this);
      member.receive(() => {
        // Who gave up says so, and mostly it is heard before the call is looked at.
        if (this.#isOver && this.#options.etcd.random.chance(0.5)) member.leave(this);
        else this.#serve(() => serve(this));
      });
    });
  }

  answer(make: () => Answer): void {
    this.#options.member.leave(this);
    const answer = make();
    if (this.#fate === 'unanswered') return;
    if (this.#fate === 'cut after') this.cut();
    else this.#later(() => this.#finish(() => this.#options.resolve(answer)));
  }

  read(make: () => Answer): void {
    this.#requireLeader();
    this.#options.member.whenCurrent(() => this.#serve(() => this.answer(make)));
  }

  propose(apply: (history: History) => Answer): void {
    this.#requireLeader();
    const { etcd, member } = this.#options;
    const { random, clock, history } = etcd;
    const afterMs = this.#fate === 'late' ? random.pick(LATE_MS) : random.int(0, 6);
    clock.setTimer(afterMs, () => {
      // What a member has under way ends with it.
      if (!member.has(this) || etcd.history !== history) return;
      member.receive(() => this.#serve(() => this.#apply(apply)));
    });
  }

  /** The connection is gone, and whoever waits is told. */
  cut(): void {
    this.#options.member.leave(this);
    this.#later(() => this.#finish(() => this.#fail('unavailable', 'connection lost')));
  }

  #apply(apply: (history: History) => Answer): void {
    const { etcd, member } = this.#options;
    if (!etcd.hasLeader) throw new EtcdError('unavailable', 'etcdserver: request timed out');
    if (etcd.isFull && etcd.random.chance(0.5)) throw noSpace();
    const answer = etcd.propose(apply);
    // Who brings it over the quota is applied, and told that it is not.
    if (etcd.isFull) throw noSpace();
    member.whenCurrent(() => this.answer(() => answer));
  }

  /** An error is an answer, too. */
  #serve(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#options.member.leave(this);
      if (this.#fate === 'cut after') this.cut();
      else this.#later(() => this.#finish(() => this.#options.reject(error)));
    }
  }

  #requireLeader(): void {
    if (!this.#options.etcd.hasLeader) throw new EtcdError('unavailable', 'etcdserver: no leader');
  }

  #fail(code: 'unavailable' | 'deadline_exceeded', message: string): void {
    this.#options.reject(new EtcdError(code, message));
  }

  #finish(finish: () => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer.cancel();
    finish();
  }

  /** The way there, or back. */
  #later(run: () => void): void {
    const { clock, random } = this.#options.etcd;
    clock.setTimer(random.chance(0.1) ? random.int(0, 60) : random.int(0, 4), run);
  }
}
