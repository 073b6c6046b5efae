import type { Clock, Random } from '@confer/shared';
import { inTurns } from '../../cooperative-steps.ts';
import type { Feed } from '../../feed.ts';
import { type EtcdMember, reasonOf } from '../client/cluster.ts';
import type { Members } from '../client/members.ts';
import type { Look } from '../epoch/epoch.ts';
import type { EpochGuard } from '../epoch/epoch-guard.ts';
import type { MemberLooks } from '../epoch/member-looks.ts';
import type { GatewayHealth } from '../gateway-health.ts';
import { backoffMs, pause, type RevisionWaiters } from '../waiting.ts';
import { Applier, type UpstreamItem } from './applier.ts';
import { type Assembled, type AssemblyContext, seenOf } from './assemble.ts';
import { Auditor } from './audit.ts';
import { Probe } from './probe.ts';
import { jumpTo } from './reload.ts';
import { readSnapshot, SMALL_PAGES } from './snapshot.ts';
import { Beat } from './upstream-beat.ts';
import { UpstreamWatch, type WatchEnd } from './upstream-watch.ts';

export interface UpstreamOptions {
  readonly members: Members;
  readonly looks: MemberLooks;
  readonly guard: EpochGuard;
  readonly state: AssemblyContext;
  readonly waiters: RevisionWaiters;
  readonly feed: Feed;
  readonly health: GatewayHealth;
  readonly clock: Clock;
  readonly random: Random;
  readonly uptimeMs: () => number;
  readonly defer: (run: () => void) => void;
  readonly onNotice: (notice: string) => void;
  /** So often what is shown is compared with what the cluster has. */
  readonly auditMs: number;
  /** This history is over; the feed says so, too. */
  readonly onEnd: (reason: string) => void;
}

/** Revisions that may wait to be shown before no more are let in. */
const WAITING_MAX = 2_000;
/** A gateway that starts is caught up within this, or gives up; it says so when it takes long. */
const CATCH_UP_MS = 10 * 60_000;
const SLOW_TRIES = 8;
/** A member that has to look through too much brings nothing before it is given up. */
const FRUITLESS_MAX = 3;

/**
 * The way from a cluster to a gateway: one watch on one member, which goes on elsewhere when it breaks.
 *
 *   looking ──► (reloading) ──► following ──► waiting ──► looking …
 *      │             ▲              │
 *      │             └─ compacted ──┤  or what came does not follow from what was there
 *      └──► over: another epoch ◄───┘
 */
export class Upstream {
  readonly #options: UpstreamOptions;
  readonly #applier: Applier;
  readonly #beat: Beat;
  readonly #auditor: Auditor;
  readonly #probe: Probe;
  #watch: UpstreamWatch | undefined;
  #isPaused = false;
  /** What was missed was too large for one piece. */
  #takesFragments = false;
  /** Watches in a row that brought nothing, though there was something. */
  #fruitless = 0;
  /** Why the state must be read anew. */
  #reloadBecause: string | undefined;
  #isOver = false;
  #skippedSaid = false;

  constructor(options: UpstreamOptions) {
    const { state, feed, defer, waiters, health, clock } = options;
    this.#options = options;
    this.#applier = new Applier({
      context: state,
      feed,
      defer,
      onShown: () => {
        waiters.tell();
        this.#letIn();
      },
      onSidecars: (assembled) => this.#takeSidecars(assembled),
      onBroken: (error) => this.#reloadLater(reasonOf(error)),
    });
    this.#beat = new Beat({
      clock,
      health,
      position: () => state.replica.revision,
      onSilence: (reason) => this.#watch?.abandon(reason),
      onAsk: () => this.#probe.ask(),
      onUnsure: () => void this.#probe.fence(),
    });
    this.#probe = new Probe({
      members: options.members,
      looks: options.looks,
      keyspace: state.keyspace,
      requestProgress: () => this.#watch?.requestProgress(),
      onHeard: (revision) => this.#beat.heard(revision),
    });
    this.#auditor = new Auditor({
      ...options,
      onDifference: (difference) => this.#reloadLater(difference),
    });
  }

  /** Follows from what the state has. */
  start(): void {
    void this.#run();
  }

  /** Resolves when all up to a revision is shown. */
  async catchUpTo(revision: number): Promise<boolean> {
    const { waiters, clock } = this.#options;
    const caughtUp = waiters.wait(revision, CATCH_UP_MS);
    let isWaiting = true;
    void caughtUp.finally(() => {
      isWaiting = false;
    });
    for (let i = 0; isWaiting; i++) {
      this.nudge();
      if (i > 0 && i % SLOW_TRIES === 0) {
        const { revision: shown } = this.#options.state.replica;
        this.#options.onNotice(`catching up with etcd: at revision ${shown} of ${revision}`);
      }
      await Promise.race([caughtUp, pause(clock, Math.min(100 * 2 ** i, 2_000))]);
    }
    return caughtUp;
  }

  /** Makes something come that says how far the state is. */
  nudge(): void {
    this.#probe.nudge();
  }

  /** What is shown is not what the cluster has: somebody has to look. */
  look(reason: string): void {
    this.#watch?.abandon(reason);
  }

  stop(): void {
    this.#isOver = true;
    this.#beat.stop();
    this.#auditor.stop();
    this.#applier.stop();
    this.#watch?.abandon('the gateway stops');
  }

  async #run(): Promise<void> {
    const { members, clock, random, state } = this.#options;
    let failures = 0;
    while (!this.#isOver) {
      const member = members.current;
      const from = state.replica.revision;
      let hasFollowed = false;
      const end = await this.#attend(member, () => {
        hasFollowed = true;
      }).catch((error: unknown): WatchEnd => ({ kind: 'failed', reason: reasonOf(error) }));
      await this.#applier.idle();
      if (this.#isOver) return;
      if (hasFollowed) failures = 0;
      this.#learnFrom(end, { hasFollowed, progress: state.replica.revision - from });
      if (end.kind === 'failed' && this.#reloadBecause === undefined) {
        this.#beat.failedBecause(`${member.name}: ${end.reason}`);
        members.leave(member);
      }
      // Each of the others once without delay.
      const rounds = Math.max(0, failures - members.count + 1);
      if (failures > 0) await pause(clock, backoffMs(rounds, random));
      failures++;
    }
  }

  /** How the next watch is to be better. `progress`: revisions that this one has brought. */
  #learnFrom(
    end: WatchEnd,
    { hasFollowed, progress }: { readonly hasFollowed: boolean; readonly progress: number },
  ): void {
    if (progress > 0) this.#fruitless = 0;
    else if (hasFollowed && this.#beat.isBehind) this.#fruitless++;
    if (end.kind === 'compacted') this.#reloadBecause = 'history was compacted beneath the gateway';
    else if (this.#fruitless >= FRUITLESS_MAX)
      this.#reloadBecause = 'too much was missed to be told one by one';
    this.#takesFragments = end.kind === 'too large';
  }

  async #attend(member: EtcdMember, onFollowing: () => void): Promise<WatchEnd> {
    const { looks, guard, state } = this.#options;
    const look = await looks.look(member);
    const over = await guard.judge(member, look, seenOf(state));
    if (over !== undefined) this.#end(over);
    else if (this.#reloadBecause !== undefined) await this.#reload(member);
    if (this.#isOver) return { kind: 'failed', reason: 'it is over' };
    return await this.#follow(member, look, onFollowing);
  }

  #follow(member: EtcdMember, { headRevision }: Look, onFollowing: () => void): Promise<WatchEnd> {
    const { state, waiters, health } = this.#options;
    return new Promise((resolve) => {
      this.#isPaused = false;
      this.#watch = new UpstreamWatch(member, {
        keyspace: state.keyspace,
        // safeguard: watch-goes-on-after-what-is-shown
        after: state.replica.revision,
        fragment: this.#takesFragments,
        isProgressSound: this.#probe.isSound,
        onCreated: () => {
          onFollowing();
          void waiters.wait(headRevision).then((isReached) => {
            if (isReached) health.setBehind(undefined);
          });
        },
        onHeard: (revision) => this.#beat.heard(revision),
        onItems: (items) => this.#take(items),
        onEnd: (end) => {
          this.#watch = undefined;
          resolve(end);
        },
      });
    });
  }

  #take(items: readonly UpstreamItem[]): void {
    this.#applier.offer(items);
    if (this.#applier.waiting < WAITING_MAX || this.#isPaused) return;
    this.#isPaused = true;
    this.#watch?.setPaused(true);
  }

  #letIn(): void {
    this.#beat.working();
    if (!this.#isPaused || this.#applier.waiting > WAITING_MAX / 2) return;
    this.#isPaused = false;
    this.#watch?.setPaused(false);
  }

  /** A jump: what led to the state is not known, only what it is now. */
  async #reload(member: EtcdMember): Promise<void> {
    const { state, guard, feed, defer, waiters, uptimeMs, onNotice } = this.#options;
    onNotice(`all entries are read anew: ${this.#reloadBecause}`);
    const snapshot = await readSnapshot(member, state.keyspace, { pages: SMALL_PAGES, uptimeMs });
    if (guard.isOther(snapshot.epoch)) this.#end('the cluster has a new epoch');
    if (this.#isOver) return;
    if (!(await inTurns(jumpTo(snapshot, state), defer)))
      return await this.#renounce('an event was lost, and positions went on past it');
    this.#reloadBecause = undefined;
    this.#fruitless = 0;
    feed.tell({ kind: 'jump', revision: snapshot.revision });
    waiters.tell();
  }

  #reloadLater(reason: string): void {
    this.#reloadBecause = reason;
    this.#watch?.abandon(reason);
  }

  #takeSidecars({ revision, epoch, compacted }: Assembled): void {
    const { guard, state, onNotice } = this.#options;
    const over = epoch === undefined ? undefined : guard.endedBy(epoch, revision);
    if (over !== undefined) void this.#renounce(over);
    if (compacted !== undefined) void this.compactTo(compacted);
    if (state.sidecars.skippedCount === 0 || this.#skippedSaid) return;
    this.#skippedSaid = true;
    onNotice(
      'there are keys below the prefix that are no paths, or whose values are no text or too long: they are not shown',
    );
  }

  /** History up to there is gone, whoever decided it. Resolves when nothing is left of it. */
  async compactTo(revision: number): Promise<void> {
    const { state, defer } = this.#options;
    const { replica } = state;
    const upTo = Math.min(revision, replica.revision);
    replica.compactedRevision = Math.max(replica.compactedRevision, upTo);
    while (replica.dropHistory()) await new Promise<void>((resume) => defer(resume));
  }

  /** This history cannot be gone on with, whoever follows it. */
  async #renounce(reason: string): Promise<void> {
    const { guard, members } = this.#options;
    this.stop();
    try {
      await guard.renounce(members.current);
    } catch {
      // Whoever opens the cluster next finds what is there.
    }
    this.#tellEnd(reason);
  }

  #end(reason: string): void {
    if (this.#isOver) return;
    this.stop();
    this.#tellEnd(reason);
  }

  #tellEnd(reason: string): void {
    this.#options.onEnd(reason);
    this.#options.feed.tell({ kind: 'end', reason });
  }
}
