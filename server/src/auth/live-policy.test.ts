import { expect, it } from 'vitest';
import { VirtualClock } from '../../../shared/src/test-support/virtual-clock.ts';
import { openMemoryEngine } from '../engine/memory/memory.ts';
import { Store } from '../store/store.ts';
import { LivePolicy } from './live-policy.ts';
import { PolicyGate } from './policy-gate.ts';
import { NAMES, ROLES, TOKENS, USED } from './records.ts';

/** A policy that follows a store, and the revisions at which all sessions are looked at. */
function follow() {
  let ids = 0;
  const newId = () => `id-${++ids}`;
  const store = new Store(openMemoryEngine({ clock: new VirtualClock(), newId }), (event) => {
    if (event.kind !== 'end') gate.take(event);
  });
  const policy = new LivePolicy(store);
  const looks: number[] = [];
  const gate = new PolicyGate({
    policy,
    onChanged: (revision) => looks.push(revision),
    pass: () => {},
  });
  /** What stands at these paths from now on; `undefined`: nothing. */
  const write = async (entries: Readonly<Record<string, object | string | undefined>>) => {
    const operations = Object.entries(entries).map(([path, value]) => {
      if (value === undefined) return { type: 'delete', path } as const;
      return {
        type: 'put',
        path,
        value: typeof value === 'string' ? value : JSON.stringify(value),
      } as const;
    });
    const requestId = newId();
    return (await store.commitOwn({ operations, conditions: [], actor: 'etcdctl', requestId }))
      .revision;
  };
  return { policy, looks, write };
}

const role = (on: string) => ({ allow: [{ verbs: ['read'], on }], deny: [] });
const token = (name: string, ...roles: readonly string[]) => ({
  ...{ name, roles, hash: 'x', createdAt: 0, createdBy: 'etcdctl', expiresAt: null },
});

it('W11 has all sessions looked at for what changes rights, and not for each day that a token is used', async () => {
  const { policy, looks, write } = follow();
  const changed = [
    await write({ [`${ROLES}/r`]: role('/a') }),
    await write({ [`${TOKENS}/1`]: token('t', 'r'), [`${USED}/1`]: '2026-11-28' }),
  ];
  await write({ [`${USED}/1`]: '2026-11-29', [`${NAMES}/t`]: '1' });
  expect(policy.current.lastUsed.get('1')).toBe('2026-11-29');
  changed.push(await write({ [`${TOKENS}/1`]: undefined }));
  expect(looks).toEqual(changed);
});

it('finds a token by a name that it took over in one commit, whatever their ids', async () => {
  for (const [gone, come] of [
    ['1', '2'],
    ['2', '1'],
  ] as const) {
    const { policy, write } = follow();
    await write({ [`${TOKENS}/${gone}`]: token('t') });
    await write({ [`${TOKENS}/${gone}`]: undefined, [`${TOKENS}/${come}`]: token('t') });
    expect(policy.current.tokenNamed('t')?.id).toBe(come);
  }
});

it('takes no name of a role for several, whatever somebody wrote there', async () => {
  const { policy, write } = follow();
  await write({ [`${ROLES}/a`]: role('/a'), [`${ROLES}/b`]: role('/b') });
  const { current } = policy;
  expect(current.rightsOf(['a', 'b']).decide('read', '/b', 'entry').isAllowed).toBe(true);
  for (const name of ['a,b', 'a\nb', '["a","b"]'])
    expect(current.rightsOf([name]).decide('read', '/a', 'entry').isAllowed, name).toBe(false);
});
