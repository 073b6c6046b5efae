import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../shared/src/test-support/virtual-clock.ts';
import { Doorway } from './doorway.ts';

const PATIENCE_MS = 2_000;
const WAIT_MS = 30_000;

/** One at the door. What it does when it is told that others wait is its own matter. */
class Visitor {
  phase: 'waiting' | 'inside' | 'refused' | 'gone' = 'waiting';
  crowds = 0;
  leave = () => {};
  readonly address: string;
  readonly giveUp: () => void;

  constructor(scene: Scene, address: string, { stays = false, passes = false } = {}) {
    this.address = address;
    this.giveUp = scene.doorway.knock({
      address,
      enter: (leave) => {
        this.phase = 'inside';
        this.leave = () => {
          this.phase = 'gone';
          leave();
        };
        scene.entered.push(this);
        if (passes) this.leave();
        return () => {
          this.crowds += 1;
          if (!stays) this.leave();
        };
      },
      refuse: () => {
        this.phase = 'refused';
      },
    });
  }
}

interface Scene {
  readonly clock: VirtualClock;
  readonly doorway: Doorway;
  /** In the order in which they came in. */
  readonly entered: Visitor[];
}

function start(strangersMax = 4, strangersOfNetworkMax = 2): Scene {
  const clock = new VirtualClock();
  const doorway = new Doorway(clock, { strangersMax, strangersOfNetworkMax });
  return { clock, doorway, entered: [] };
}

const crowd = (scene: Scene, count: number, address = '10.0.0.1') =>
  Array.from({ length: count }, () => new Visitor(scene, address));
const phases = (visitors: readonly Visitor[]) => visitors.map(({ phase }) => phase);

describe('the doorway', () => {
  it('lets in thousands that come at once, with no more inside than may be', () => {
    const scene = start(256, 64);
    const visitors = crowd(scene, 5_000);
    for (let done = 0; done < 5_000; done++) {
      expect(visitors.filter(({ phase }) => phase === 'inside').length).toBeLessThanOrEqual(64);
      scene.entered[done]?.leave();
    }
    expect(new Set(scene.entered)).toEqual(new Set(visitors));
    expect(scene.clock.pending).toBe(0);
  });

  it('has room for others while one network has all that it may', () => {
    const scene = start();
    expect(phases(crowd(scene, 3))).toEqual(['inside', 'inside', 'waiting']);
    expect(phases(crowd(scene, 1, '10.0.0.2'))).toEqual(['inside']);
  });

  it('takes addresses of one IPv6 network for one', () => {
    const scene = start();
    const visitors = [1, 2, 3].map((last) => new Visitor(scene, `2001:db8::${last}`));
    expect(phases(visitors)).toEqual(['inside', 'inside', 'waiting']);
  });

  it('lets networks take turns, however many of one wait', () => {
    const scene = start(1, 1);
    crowd(scene, 4, 'a');
    crowd(scene, 1, 'b');
    crowd(scene, 1, 'c');
    for (let turn = 0; turn < 5; turn++) scene.entered[turn]?.leave();
    expect(scene.entered.map(({ address }) => address)).toEqual(['a', 'a', 'b', 'c', 'a', 'a']);
  });

  it('asks nobody to go while nobody waits, and who had its time as soon as somebody does', () => {
    const scene = start();
    const silent = crowd(scene, 2);
    scene.clock.advanceAtOnce(60_000);
    expect(phases(silent)).toEqual(['inside', 'inside']);
    const [late] = crowd(scene, 1);
    expect(late?.phase).toBe('waiting');
    scene.clock.advanceAtOnce(100);
    expect(phases(silent)).toEqual(['gone', 'inside']);
    expect(late?.phase).toBe('inside');
  });

  it('gives each two seconds while others wait', () => {
    const scene = start();
    const visitors = crowd(scene, 4);
    scene.clock.advanceAtOnce(PATIENCE_MS - 1);
    expect(phases(visitors)).toEqual(['inside', 'inside', 'waiting', 'waiting']);
    scene.clock.advanceAtOnce(1);
    expect(phases(visitors)).toEqual(['gone', 'gone', 'inside', 'inside']);
  });

  it('takes nobody for silent because the server itself was busy, or its clock was set', () => {
    const scene = start();
    const visitors = crowd(scene, 3);
    scene.clock.tickMs = 5_000;
    scene.clock.step(3_600_000);
    scene.clock.advanceAtOnce(100);
    expect(phases(visitors)).toEqual(['inside', 'inside', 'waiting']);
    scene.clock.tickMs = 0;
    scene.clock.step(-7_200_000);
    scene.clock.advanceAtOnce(PATIENCE_MS);
    expect(phases(visitors)).toEqual(['gone', 'inside', 'inside']);
  });

  it('lets in who came last of a network first, so that one is not behind all who say nothing', () => {
    const scene = start();
    crowd(scene, 1_000);
    const [honest] = crowd(scene, 1);
    scene.clock.advanceAtOnce(PATIENCE_MS);
    expect(honest?.phase).toBe('inside');
  });

  it('gives one that stays all the same as long again, and asks another meanwhile', () => {
    const scene = start(2, 2);
    const known = new Visitor(scene, 'a', { stays: true });
    const [silent] = crowd(scene, 1, 'a');
    const waiting = crowd(scene, 2, 'b');
    scene.clock.advanceAtOnce(PATIENCE_MS);
    expect([known.phase, silent?.phase, ...phases(waiting)]).toEqual([
      ...['inside', 'gone', 'waiting', 'inside'],
    ]);
    expect(known.crowds).toBe(1);
    scene.clock.advanceAtOnce(PATIENCE_MS);
    expect(known.crowds).toBe(2);
    expect(phases(waiting)).toEqual(['inside', 'gone']);
  });

  it('asks those of the network that has most of them, and not one that is alone and slow', () => {
    const scene = start(256, 64);
    const [slow] = crowd(scene, 1, '10.9.9.9');
    const silent = [0, 1, 2, 3].flatMap((net) => crowd(scene, 64, `10.0.${net}.1`));
    scene.clock.advanceAtOnce(PATIENCE_MS - 100);
    const honest = Array.from({ length: 20 }, (_, i) => new Visitor(scene, `10.1.0.${i}`));
    scene.clock.advanceAtOnce(100);
    expect(slow?.phase).toBe('inside');
    expect(new Set(phases(honest))).toEqual(new Set(['inside']));
    expect(silent.filter(({ phase }) => phase === 'gone').length).toBeGreaterThanOrEqual(20);
  });

  it('keeps nobody out for those that say nothing, from however many networks they come', () => {
    const scene = start(256, 64);
    for (let second = 0; second < 10; second++) {
      for (let i = 0; i < 600; i++) crowd(scene, 1, `10.${second}.${i >> 8}.${i & 255}`);
      const honest = new Visitor(scene, `192.0.2.${second}`);
      // What our own client gives an attempt.
      scene.clock.advanceAtOnce(5_000);
      expect(['inside', 'gone']).toContain(honest.phase);
    }
  });

  it('refuses who has waited for half a minute', () => {
    const scene = start(1, 1);
    new Visitor(scene, 'a', { stays: true });
    const [late] = crowd(scene, 1);
    scene.clock.advanceAtOnce(WAIT_MS - 100);
    expect(late?.phase).toBe('waiting');
    scene.clock.advanceAtOnce(100);
    expect(late?.phase).toBe('refused');
  });

  it('lets 8,192 wait, and then refuses those of the network that has most, the oldest first', () => {
    const scene = start(1, 1);
    const [inside, ...many] = crowd(scene, 8_193);
    const [other] = crowd(scene, 1, '10.0.0.2');
    const [last] = crowd(scene, 1);
    expect(phases(many.slice(0, 3))).toEqual(['refused', 'refused', 'waiting']);
    inside?.leave();
    expect([last?.phase, other?.phase]).toEqual(['inside', 'waiting']);
    last?.leave();
    expect(other?.phase).toBe('inside');
  });

  it('forgets who goes while it waits', () => {
    const scene = start(1, 1);
    const [first, second, third] = crowd(scene, 3);
    second?.giveUp();
    second?.giveUp();
    first?.leave();
    expect([second?.phase, third?.phase]).toEqual(['waiting', 'inside']);
    third?.leave();
    third?.leave();
    expect(scene.clock.pending).toBe(0);
    expect(phases(crowd(scene, 2))).toEqual(['inside', 'waiting']);
  });

  it('refuses all who wait once nobody is let in any more', () => {
    const scene = start(1, 1);
    const [inside, ...waiting] = [...crowd(scene, 3), ...crowd(scene, 1, 'b')];
    scene.doorway.close();
    expect(phases(waiting)).toEqual(['refused', 'refused', 'refused']);
    inside?.leave();
    expect(scene.clock.pending).toBe(0);
  });

  it('holds when thousands that waited pass as soon as they are let in', () => {
    const scene = start(1, 1);
    const [first] = crowd(scene, 1);
    const many = Array.from({ length: 8_000 }, () => new Visitor(scene, 'a', { passes: true }));
    first?.leave();
    expect(new Set(phases(many))).toEqual(new Set(['gone']));
  });
});
