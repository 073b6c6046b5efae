import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JwtScene, jwkOf, keys, pemOf } from '../../test-support/jwt-scene.ts';
import { parseIssuers } from './issuers.ts';

let scene: JwtScene;
beforeEach(() => {
  scene = new JwtScene();
});
afterEach(() => scene.end());

const WRONG: readonly (readonly [object, string])[] = [
  [{ name: undefined }, 'issuers[0].name is missing'],
  [{ name: 'a:b' }, 'issuers[0].name is 1 to 32 letters'],
  [{ issuer: '' }, 'issuers[0].issuer is a text, not empty'],
  [{ audience: ['a'] }, 'issuers[0].audience is a text'],
  [{ ceiling: undefined }, 'issuers[0].ceiling is missing'],
  [{ roles: 'reader' }, 'issuers[0].roles is a list'],
  [{ roles: ['a', 7] }, 'issuers[0].roles[1] is a text'],
  [{ roles: ['x'.repeat(129)] }, 'issuers[0].roles[0] has at most 128 characters'],
  [{ algorithms: [] }, 'issuers[0].algorithms has at least one'],
  [{ algorithms: ['ES256', 'HS256'] }, 'issuers[0].algorithms[1] is one of RS256'],
  [{ algorithms: ['none'] }, 'issuers[0].algorithms[0] is one of RS256'],
  [{ leewaySeconds: 61 }, 'issuers[0].leewaySeconds is a whole number of seconds, at most 60'],
  [{ leewaySeconds: -1 }, 'issuers[0].leewaySeconds is a whole number'],
  [{ rolesClaim: 'groups' }, 'issuers[0].roleMap is missing'],
  [{ roleMap: { a: 'b' } }, 'issuers[0].rolesClaim is missing'],
  [{ rolesClaim: 'groups', roleMap: { a: 7 } }, 'issuers[0].roleMap.a is a text'],
  [{ audiences: 'x' }, 'issuers[0].audiences is not known here; there are name, issuer'],
  [{ publicKeys: undefined }, 'issuers[0] has either jwksUri or publicKeys'],
  [{ jwksUri: 'https://id.example/keys' }, 'issuers[0] has either jwksUri or publicKeys'],
  [{ publicKeys: [] }, 'issuers[0].publicKeys has 1 to 8 keys'],
  [{ publicKeys: ['secret'] }, 'issuers[0].publicKeys[0] is a public key: PEM'],
  [{ publicKeys: [{ kty: 'oct', k: 'AAAA' }] }, 'issuers[0].publicKeys[0] is a secret'],
  [{ publicKeys: [jwkOf(keys.ec.privateKey)] }, 'issuers[0].publicKeys[0] is a secret'],
  [{ publicKeys: [{}] }, 'issuers[0].publicKeys[0] is no JWK'],
];

const URIS: readonly (readonly [string, string])[] = [
  ['http://id.example/keys', 'is https, or http on this machine'],
  ['http://127.0.0.1.evil.example/', 'is https, or http on this machine'],
  ['http://10.0.0.1/', 'is https, or http on this machine'],
  ['http://169.254.169.254/latest', 'is https, or http on this machine'],
  ['file:///etc/keys', 'is https, or http on this machine'],
  ['https://user:word@id.example/', 'has no user, no password'],
  ['https://id.example/#keys', 'has no user, no password and no fragment'],
  ['keys', 'is no URL'],
];

describe('the file of issuers', () => {
  it.each(WRONG)('names the field that is wrong in %j', async (wrong, problem) => {
    await expect(scene.open([scene.issuer({ ...wrong })])).rejects.toMatchObject({
      name: 'StartError',
      kind: 'invalid',
      message: expect.stringContaining(`${scene.issuersFile}: ${problem}`),
    });
  });

  it.each(URIS)('32 refuses to fetch keys from %s', async (jwksUri, problem) => {
    const issuer = scene.issuer({ jwksUri, publicKeys: undefined });
    await expect(scene.open([issuer])).rejects.toThrow(`issuers[0].jwksUri ${problem}`);
  });

  it.each([
    'https://id.example/keys',
    'http://127.0.0.1:8080/',
    'http://localhost/',
    'http://[::1]:9/',
  ])('takes keys from %s', (jwksUri) => {
    const issuer = scene.issuer({ jwksUri, publicKeys: undefined });
    const [parsed] = parseIssuers(JSON.stringify({ issuers: [issuer] }));
    expect(parsed?.keys).toEqual({ kind: 'jwks', uri: jwksUri });
  });

  it('says that it is no JSON, has no issuers, or names two alike', async () => {
    await expect(scene.openText('{')).rejects.toThrow('issuers.json: the file is no JSON');
    await expect(scene.openText('[]')).rejects.toThrow('issuers.json: the file is an object');
    await expect(scene.openText('{}')).rejects.toThrow('issuers is missing');
    await expect(scene.open([])).rejects.toThrow('issuers has at least one');
    const one = scene.issuer();
    await expect(scene.open([one, { ...one, issuer: 'x' }])).rejects.toThrow(
      'issuers[1].name is that of issuers[0] already',
    );
    await expect(scene.open([one, { ...one, name: 'x' }])).rejects.toThrow(
      'issuers[1].issuer is that of issuers[0] already',
    );
    await expect(scene.open([one], { issuersFile: '/nowhere/issuers.json' })).rejects.toThrow(
      '/nowhere/issuers.json cannot be read',
    );
  });

  it('has defaults for what need not be said', () => {
    const [issuer] = parseIssuers(JSON.stringify({ issuers: [scene.issuer()] }));
    expect(issuer).toEqual({
      name: 'acme',
      issuer: 'https://id.example',
      keys: { kind: 'fixed', keys: [{ kind: 'pem', pem: pemOf(keys.ec.publicKey) }] },
      audience: 'confer',
      algorithms: ['RS256', 'ES256', 'EdDSA'],
      principalClaim: 'sub',
      roles: [],
      ceiling: 'reader',
      leewaySeconds: 30,
    });
  });
});
