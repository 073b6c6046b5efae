import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../shared/src/test-support/virtual-clock.ts';
import { networkOf } from '../network-of.ts';
import { startGuarded } from '../test-support/guarded-scene.ts';
import { RawClient } from '../test-support/raw-client.ts';
import { FailedAttempts } from './failed-attempts.ts';
import { TokenRefused } from './jwt/refusal.ts';

describe('failed attempts', () => {
  it('keep an address out after ten, and let it try again one by one (33)', () => {
    const clock = new VirtualClock();
    const failures = new FailedAttempts(clock);
    for (let i = 0; i < 10; i++) {
      expect(failures.admits('10.0.0.1')).toBe(true);
      failures.note('10.0.0.1');
    }
    expect(failures.admits('10.0.0.1')).toBe(false);
    expect(failures.admits('10.0.0.2')).toBe(true);
    clock.advanceAtOnce(5_000);
    expect(failures.admits('10.0.0.1')).toBe(true);
    failures.note('10.0.0.1');
    expect(failures.admits('10.0.0.1')).toBe(false);
  });

  it('keep an address out while time goes on between them, as it does', () => {
    const clock = new VirtualClock();
    const failures = new FailedAttempts(clock);
    let admitted = 0;
    for (let i = 0; i < 1_000; i++) {
      clock.advanceAtOnce(10);
      if (!failures.admits('10.0.0.1')) continue;
      admitted += 1;
      failures.note('10.0.0.1');
    }
    // Ten at once, and two more in ten seconds.
    expect(admitted).toBeGreaterThanOrEqual(11);
    expect(admitted).toBeLessThanOrEqual(12);
  });

  it('are forgotten in time after a clock was set back far, too', () => {
    const clock = new VirtualClock();
    const failures = new FailedAttempts(clock);
    for (let i = 0; i < 10; i++) failures.note('10.0.0.1');
    clock.advanceAtOnce(-900_000_000);
    expect(failures.admits('10.0.0.1')).toBe(false);
    clock.advanceAtOnce(5_000);
    expect(failures.admits('10.0.0.1')).toBe(true);
  });

  it('are none where the secret was right, so that one disabled token of many programs keeps nobody out', async () => {
    const scene = await startGuarded();
    const token = await scene.tokenOf('t', 'admin');
    await scene.ask(scene.admin, (id) => ({ type: 'updateToken', id, token: 't', disabled: true }));
    for (let i = 0; i < 20; i++) {
      const client = new RawClient(scene.core, '10.0.0.1');
      client.send({ type: 'hello', version: 1, token });
      expect(client.closed?.code).toBe(4401);
    }
    expect(RawClient.as(scene.core, scene.adminToken, '10.0.0.1').closed).toBeUndefined();
  });

  it('of signed tokens count where the signature is bad, and not where keys cannot be had', async () => {
    let code: 'unauthenticated' | 'unavailable' = 'unavailable';
    const verify = () => Promise.reject(new TokenRefused('as the test says', code));
    const scene = await startGuarded({ signatures: { verify } });
    const token = 'eyJhbGciOiJFUzI1NiJ9.e30.c2ln';
    const codesOf = async (times: number) => {
      const codes = new Set<number | undefined>();
      for (let i = 0; i < times; i++) {
        const client = new RawClient(scene.core, '10.0.0.1');
        client.send({ type: 'hello', version: 1, token });
        await scene.settle();
        codes.add(client.closed?.code);
      }
      return [...codes];
    };
    expect(await codesOf(20)).toEqual([1011]);
    code = 'unauthenticated';
    expect(await codesOf(10)).toEqual([4401]);
    expect(await codesOf(3)).toEqual([4420]);
  });

  it('are forgotten with time, and not by a clock that is set back', () => {
    const clock = new VirtualClock();
    const failures = new FailedAttempts(clock);
    for (let i = 0; i < 100; i++) failures.note('10.0.0.1');
    clock.advanceAtOnce(-3_600_000);
    expect(failures.admits('10.0.0.1')).toBe(false);
    clock.advanceAtOnce(3_600_000 + 60_000);
    expect(failures.admits('10.0.0.1')).toBe(true);
  });

  it('take bounded memory, whatever the number of addresses', () => {
    const failures = new FailedAttempts(new VirtualClock());
    for (let i = 0; i < 10; i++) failures.note('10.0.0.1');
    for (let i = 0; i < 10_000; i++) failures.note(`10.1.${i >> 8}.${i & 255}`);
    expect(failures.admits('10.0.0.1')).toBe(true);
  });

  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::ffff:10.0.0.1', '::ffff:10.0.0.1'],
  ])('of %s count for %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
