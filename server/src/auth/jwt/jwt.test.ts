import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  encode,
  JwtScene,
  jwkOf,
  keys,
  mint,
  mintHmac,
  pemOf,
} from '../../test-support/jwt-scene.ts';

let scene: JwtScene;
beforeEach(() => {
  scene = new JwtScene();
});
afterEach(() => scene.end());

const ES256 = { alg: 'ES256' };
const refused = (reason: string | RegExp, code = 'unauthenticated') =>
  expect.objectContaining({
    name: 'TokenRefused',
    code,
    reason: expect.stringMatching(reason),
    // Whoever brought it is told nothing that helps to make a better one.
    message: `the token is refused: ${code}`,
  });

describe('a token', () => {
  it('names a principal, its roles, its ceiling and its end', async () => {
    const roles = {
      rolesClaim: 'groups',
      roleMap: { ops: 'operator', dev: 'writer' },
      roles: ['reader'],
    };
    const jwt = await scene.open([scene.issuer(roles)]);
    const groups = ['dev', 'unknown', 7, 'dev', '__proto__', 'constructor'];
    const token = mint(ES256, scene.claims({ groups, confer: { read: ['/shop/public'] } }));
    expect(await jwt.verify(token)).toEqual({
      name: 'acme:alice',
      issuer: 'acme',
      roles: ['reader', 'writer'],
      ceiling: 'reader',
      narrowing: { read: ['/shop/public'], write: [] },
      expiresAt: Math.floor(scene.clock.now() / 1_000) * 1_000 + 630_000,
      tokenHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it.each([
    ['RS256', keys.rsa],
    ['ES256', keys.ec],
    ['EdDSA', keys.ed],
  ] as const)('may be signed with %s, by a key that is PEM or a JWK', async (alg, pair) => {
    for (const key of [pemOf(pair.publicKey), jwkOf(pair.publicKey)]) {
      const jwt = await scene.open([
        scene.issuer({ publicKeys: [pemOf(keys.other.publicKey), key] }),
      ]);
      const claims = scene.claims({ aud: ['other', 'confer'] });
      expect(
        await jwt.verify(mint({ alg, typ: 'JWT', kid: 'k' }, claims, pair.privateKey)),
      ).toMatchObject({
        name: 'acme:alice',
        roles: [],
      });
    }
  });

  it('is of the issuer that it names, and has the principal in the claim that is configured', async () => {
    const other = { name: 'other', issuer: 'https://other.example', principalClaim: 'email' };
    const publicKeys = [pemOf(keys.other.publicKey)];
    const jwt = await scene.open([scene.issuer(), scene.issuer({ ...other, publicKeys })]);
    const claims = scene.claims({ iss: other.issuer, email: 'bob@example.org' });
    expect(await jwt.verify(mint(ES256, claims, keys.other.privateKey))).toMatchObject({
      name: 'other:bob@example.org',
    });
    await expect(jwt.verify(mint(ES256, claims))).rejects.toEqual(refused('no key of its issuer'));
  });

  it('is remembered until its end, and then told that it is old', async () => {
    const jwt = await scene.open();
    const token = mint(ES256, scene.claims());
    const first = await jwt.verify(token);
    expect(await jwt.verify(token)).toBe(first);
    scene.pass(629_000);
    expect(await jwt.verify(token)).toBe(first);
    scene.pass(1_000);
    await expect(jwt.verify(token)).rejects.toEqual(refused('expired', 'token_expired'));
  });
});

/** Attack 31 of the security brief. Each would be good but for one thing. */
const FORGED: Readonly<Record<string, readonly [RegExp, () => string]>> = {
  'without a signature': [/base64url/, () => mint({ alg: 'none' }, scene.claims())],
  'of alg none with a signature': [
    /alg is none/,
    () => `${mint({ alg: 'none' }, scene.claims())}AA`,
  ],
  'signed with the public key as a secret': [
    /alg is none/,
    () => mintHmac(scene.claims(), pemOf(keys.ec.publicKey)),
  ],
  'of an algorithm that is not configured': [
    /alg is none/,
    () => mint({ alg: 'RS256' }, scene.claims(), keys.rsa.privateKey),
  ],
  'signed by another key': [/no key/, () => mint(ES256, scene.claims(), keys.other.privateKey)],
  'whose claims were changed': [
    /no key/,
    () =>
      mint(ES256, scene.claims()).replace(/\..*\./, `.${encode(scene.claims({ sub: 'root' }))}.`),
  ],
  'for somebody else': [/aud/, () => mint(ES256, scene.claims({ aud: 'other' }))],
  'for nobody': [/aud/, () => mint(ES256, scene.claims({ aud: undefined }))],
  'of another issuer': [/iss/, () => mint(ES256, scene.claims({ iss: 'https://evil.example' }))],
  'of no issuer': [/iss/, () => mint(ES256, scene.claims({ iss: undefined }))],
  'without exp': [/no exp/, () => mint(ES256, scene.claims({ exp: undefined }))],
  'with exp as text': [/exp is no time/, () => mint(ES256, scene.claims({ exp: '9999999999' }))],
  'with exp beyond all time': [/exp is no time/, () => mint(ES256, scene.claims({ exp: 1e300 }))],
  'with exp in more than a day': [
    /exp is more than 24 h away/,
    () => mint(ES256, scene.claims({ exp: scene.clock.now() / 1_000 + 86_400 + 31 })),
  ],
  'without a principal': [/no sub/, () => mint(ES256, scene.claims({ sub: undefined }))],
  'with an empty principal': [/no sub/, () => mint(ES256, scene.claims({ sub: '' }))],
  'with a number as principal': [/no sub/, () => mint(ES256, scene.claims({ sub: 7 }))],
  'with a line break in its principal': [
    /cannot be seen/,
    () => mint(ES256, scene.claims({ sub: 'a\nb' })),
  ],
  'with turned text in its principal': [
    /cannot be seen/,
    () => mint(ES256, scene.claims({ sub: 'a\u202eb' })),
  ],
  'with half a character in its principal': [
    /cannot be seen/,
    () => mint(ES256, scene.claims({ sub: '\ud800' })),
  ],
  'with a principal that is too long': [
    /128/,
    () => mint(ES256, scene.claims({ sub: 'x'.repeat(124) })),
  ],
  'that is good only later': [
    /nbf is in the future/,
    () => mint(ES256, scene.claims({ nbf: scene.clock.now() / 1_000 + 31 })),
  ],
  'that was made in the future': [
    /iat is in the future/,
    () => mint(ES256, scene.claims({ iat: scene.clock.now() / 1_000 + 31 })),
  ],
  ...Object.fromEntries(
    ['jku', 'x5u', 'jwk', 'x5c', 'crit', 'b64', 'zip'].map((name) => [
      `whose header has ${name}`,
      [/the header has/, () => mint({ ...ES256, [name]: 'https://evil.example' }, scene.claims())],
    ]),
  ),
  'that says that somebody logged out': [
    /type/,
    () => mint({ ...ES256, typ: 'logout+jwt' }, scene.claims()),
  ],
  'with a kid that is no text': [/kid/, () => mint({ ...ES256, kid: { a: 1 } }, scene.claims())],
  'of 100 KiB': [/over 8192/, () => mint(ES256, scene.claims({ more: 'x'.repeat(100 * 1024) }))],
  'with padding': [/base64url/, () => `${mint(ES256, scene.claims())}==`],
  'with a blank': [/base64url/, () => `${mint(ES256, scene.claims())} `],
  'with two more parts': [/three parts/, () => `${mint(ES256, scene.claims())}.a.b`],
  'with a header that is no object': [
    /the header is no object/,
    () => `${encode([])}.${encode({})}.AAAA`,
  ],
  'with claims that are no JSON': [
    /the payload is no JSON/,
    () => `${encode(ES256)}.${encode('{"a')}.AAAA`,
  ],
  'with claims that begin with a byte order mark': [
    /the payload is no JSON/,
    () => mint(ES256, `\ufeff${JSON.stringify(scene.claims())}`),
  ],
  'that is empty': [/three parts/, () => ''],
  'narrowed to what is no path': [
    /no path/,
    () => mint(ES256, scene.claims({ confer: { read: ['shop'] } })),
  ],
  'narrowed in a way that nobody knows': [
    /unknown field/,
    () => mint(ES256, scene.claims({ confer: { read: ['/'], deny: ['/a'] } })),
  ],
  'narrowed by a text': [/no object/, () => mint(ES256, scene.claims({ confer: '/shop' }))],
};

describe('a token is refused', () => {
  it.each(Object.entries(FORGED))('31 %s', async (_, [reason, make]) => {
    const jwt = await scene.open([scene.issuer({ algorithms: ['ES256', 'EdDSA'] })]);
    await expect(jwt.verify(make())).rejects.toEqual(refused(reason));
    // The same scene takes one that is good.
    expect(await jwt.verify(mint(ES256, scene.claims()))).toMatchObject({ name: 'acme:alice' });
  });

  it('31 whose signature has trailing bits that mean nothing', async () => {
    const jwt = await scene.open();
    const token = mint(ES256, scene.claims());
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = alphabet[alphabet.indexOf(token.at(-1) ?? '') ^ 1] ?? '';
    await expect(jwt.verify(token.slice(0, -1) + last)).rejects.toEqual(refused('base64url'));
  });

  it('31 that a key of RSA with 1024 bits made, whose owner is told at the start', async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1_024 });
    await expect(scene.open([scene.issuer({ publicKeys: [pemOf(publicKey)] })])).rejects.toThrow(
      /publicKeys\[0\] of the issuer acme is no key for RS256, .*2048/,
    );
  });

  it('W10 at once when four are looked at and 256 wait, and never when they are all the same', async () => {
    const jwt = await scene.open();
    const one = mint(ES256, scene.claims());
    const same = await Promise.allSettled(Array.from({ length: 1_000 }, () => jwt.verify(one)));
    expect(same.every(({ status }) => status === 'fulfilled')).toBe(true);
    const many = Array.from({ length: 300 }, (_, i) => mint(ES256, scene.claims({ sub: `u${i}` })));
    const all = await Promise.allSettled(many.map((token) => jwt.verify(token)));
    const bad = all.filter(({ status }) => status === 'rejected');
    expect(bad).toHaveLength(300 - 260);
    expect(bad[0]).toMatchObject({ reason: refused('too many tokens', 'rate_limited') });
    expect(await jwt.verify(many.at(-1) ?? '')).toMatchObject({ name: 'acme:u299' });
  });
});
