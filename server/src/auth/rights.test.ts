import type { Grant, Verb } from '@confer/shared';
import { describe, expect, it } from 'vitest';
import { ADMIN, BothRights, covers, noRights, type Reach, RoleRights } from './rights.ts';

const read = (on: string): Grant => ({ verbs: ['read'], on });

function rightsOf(allow: readonly Grant[], deny: readonly Grant[] = []) {
  return new RoleRights([{ name: 'r', allow, deny }]);
}

describe('the one rule of rights', () => {
  const rows: readonly [
    what: string,
    allow: readonly Grant[],
    deny: readonly Grant[],
    ask: readonly [Verb, string, Reach],
    isAllowed: boolean,
  ][] = [
    ['an allow covers itself', [read('/app')], [], ['read', '/app', 'subtree'], true],
    ['and what is below it', [read('/app')], [], ['read', '/app/a/b', 'subtree'], true],
    [
      'not a sibling with its name in front (7)',
      [read('/app')],
      [],
      ['read', '/apple', 'entry'],
      false,
    ],
    ['nor one with a dot (7)', [read('/app')], [], ['read', '/app.x', 'entry'], false],
    ['not what it lies in (8)', [read('/a/b')], [], ['read', '/a', 'subtree'], false],
    ['nor all (8)', [read('/a/b')], [], ['read', '/', 'subtree'], false],
    ['all covers all', [read('/')], [], ['read', '/', 'subtree'], true],
    ['another verb gives nothing', [read('/')], [], ['write', '/a', 'entry'], false],
    [
      'a denial below ends the subtree (9)',
      [read('/a')],
      [read('/a/s')],
      ['read', '/a', 'subtree'],
      false,
    ],
    ['and what it covers (9)', [read('/a')], [read('/a/s')], ['read', '/a/s/k', 'entry'], false],
    ['not an entry above it', [read('/a')], [read('/a/s')], ['read', '/a', 'entry'], true],
    ['nor a sibling', [read('/a')], [read('/a/s')], ['read', '/a/t', 'subtree'], true],
    [
      'nor one with its name in front',
      [read('/a')],
      [read('/a/s')],
      ['read', '/a/st', 'subtree'],
      true,
    ],
    [
      'a denial above wins over a longer allow',
      [read('/a/s/k')],
      [read('/a')],
      ['read', '/a/s/k', 'entry'],
      false,
    ],
    ['of the same path it wins, too', [read('/a')], [read('/a')], ['read', '/a', 'entry'], false],
    [
      'two allows that together cover do not',
      [read('/a/x'), read('/a/y')],
      [],
      ['read', '/a', 'subtree'],
      false,
    ],
    ['nothing allows nothing', [], [], ['read', '/a', 'entry'], false],
  ];

  it.each(rows)('%s', (_, allow, deny, [verb, path, reach], isAllowed) => {
    expect(rightsOf(allow, deny).decide(verb, path, reach).isAllowed).toBe(isAllowed);
  });

  it('names the rule that decides', () => {
    const rights = rightsOf([read('/a')], [read('/a/s')]);
    expect(rights.decide('read', '/a/t', 'entry').rule).toBe('role r allows read on /a');
    expect(rights.decide('read', '/a', 'subtree')).toEqual({
      isAllowed: false,
      rule: 'role r denies read on /a/s',
      denied: '/a/s',
    });
    expect(rights.decide('write', '/a', 'entry').rule).toBe('no role allows write on all of /a');
  });

  it('is the same whatever the order of roles and grants', () => {
    const a = { name: 'a', allow: [read('/a'), read('/b')], deny: [] };
    const b = { name: 'b', allow: [], deny: [read('/b')] };
    for (const roles of [
      [a, b],
      [b, a],
    ]) {
      expect(new RoleRights(roles).decide('read', '/a', 'subtree').isAllowed).toBe(true);
      expect(new RoleRights(roles).decide('read', '/b', 'subtree').isAllowed).toBe(false);
    }
  });

  it('holds twice where rights are narrowed', () => {
    const both = new BothRights(rightsOf([read('/a')]), rightsOf([read('/a/b'), read('/c')]));
    expect(both.decide('read', '/a/b', 'subtree').isAllowed).toBe(true);
    expect(both.decide('read', '/a', 'subtree').isAllowed).toBe(false);
    expect(both.decide('read', '/c', 'subtree').isAllowed).toBe(false);
  });

  it('lets an admin give everything, and nobody what they do not have', () => {
    const admin = new RoleRights([ADMIN]);
    expect(covers(admin, ADMIN).isAllowed).toBe(true);
    expect(covers(rightsOf([read('/a')]), { allow: [read('/a/b')] }).isAllowed).toBe(true);
    expect(covers(rightsOf([read('/a')]), { allow: [read('/')] }).isAllowed).toBe(false);
    expect(covers(rightsOf([read('/')], [read('/s')]), { allow: [read('/')] }).isAllowed).toBe(
      false,
    );
    expect(covers(noRights('none'), { allow: [] }).isAllowed).toBe(true);
  });
});
