import { limits } from '@confer/shared';
import { Field, type Fields, InvalidField } from './field.ts';

/** What tokens may be signed with: nothing whose key for checking could sign as well. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;

export type Algorithm = (typeof ALGORITHMS)[number];

const ALGORITHMS_DEFAULT: readonly Algorithm[] = ['RS256', 'ES256', 'EdDSA'];
const LEEWAY_SECONDS_DEFAULT = 30;
const LEEWAY_SECONDS_MAX = 60;
const KEYS_MAX = 8;

/** A public key as JSON. */
export type Jwk = Readonly<Record<string, unknown>>;

/** A public key as it is configured. */
export type PublicKey =
  | { readonly kind: 'pem'; readonly pem: string }
  | { readonly kind: 'jwk'; readonly jwk: Jwk };

/** Who signs tokens that are believed, and how far. */
export interface Issuer {
  /** What comes before the names of its principals. */
  readonly name: string;
  /** What its tokens say in `iss`. */
  readonly issuer: string;
  readonly keys:
    | { readonly kind: 'jwks'; readonly uri: string }
    | { readonly kind: 'fixed'; readonly keys: readonly PublicKey[] };
  /** What its tokens have to say in `aud`. */
  readonly audience: string;
  readonly algorithms: readonly Algorithm[];
  readonly principalClaim: string;
  /** The claim whose values become roles, by a map: a role that is not in it is given to nobody. */
  readonly roleClaim?: { readonly name: string; readonly roles: ReadonlyMap<string, string> };
  /** What every principal of it gets. */
  readonly roles: readonly string[];
  /** The role that no principal of it goes beyond. */
  readonly ceiling: string;
  readonly leewaySeconds: number;
}

/** Reads the text of a configuration file. Throws an `InvalidField` that names the field that is wrong. */
export function parseIssuers(text: string): Issuer[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InvalidField('', `is no JSON: ${error instanceof Error ? error.message : error}`);
  }
  const file = new Field('', value).object(['issuers']);
  const issuers = file.get('issuers').list().map(issuerOf);
  if (issuers.length === 0) throw new InvalidField('issuers', 'has at least one');
  for (const field of ['name', 'issuer'] as const)
    for (const [i, one] of issuers.entries()) {
      const first = issuers.findIndex((other) => other[field] === one[field]);
      if (first < i)
        throw new InvalidField(`issuers[${i}].${field}`, `is that of issuers[${first}] already`);
    }
  return issuers;
}

const FIELDS = [
  'name',
  'issuer',
  'jwksUri',
  'publicKeys',
  'audience',
  'algorithms',
  'principalClaim',
  'rolesClaim',
  'roleMap',
  'roles',
  'ceiling',
  'leewaySeconds',
];

function issuerOf(field: Field): Issuer {
  const object = field.object(FIELDS);
  const roleClaim = roleClaimOf(object);
  const leeway = object.get('leewaySeconds');
  return {
    name: nameOf(object.get('name')),
    issuer: object.get('issuer').text(),
    keys: keysOf(field, object),
    audience: object.get('audience').text(),
    algorithms: algorithmsOf(object.get('algorithms')),
    principalClaim: object.get('principalClaim').optionalText() ?? 'sub',
    ...(roleClaim === undefined ? {} : { roleClaim }),
    roles: object.get('roles').optionalList().map(roleOf),
    ceiling: roleOf(object.get('ceiling')),
    leewaySeconds: leeway.isMissing
      ? LEEWAY_SECONDS_DEFAULT
      : leeway.count(LEEWAY_SECONDS_MAX, 'seconds'),
  };
}

function nameOf(field: Field): string {
  const name = field.text();
  if (/^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/.test(name)) return name;
  throw field.invalid('is 1 to 32 letters, digits, "-" and "_"');
}

function roleOf(field: Field): string {
  const role = field.text();
  if (role.length <= limits.nameLengthMax) return role;
  throw field.invalid(`has at most ${limits.nameLengthMax} characters`);
}

function roleClaimOf(object: Fields) {
  const claim = object.get('rolesClaim');
  const map = object.get('roleMap');
  if (claim.isMissing && map.isMissing) return undefined;
  if (claim.isMissing) throw claim.invalid('is missing: which claim does roleMap translate?');
  if (map.isMissing)
    throw map.invalid('is missing: which role does each value of rolesClaim give?');
  const roles = new Map(map.members().map(([value, role]) => [value, roleOf(role)]));
  return { name: claim.text(), roles };
}

function algorithmsOf(field: Field): readonly Algorithm[] {
  if (field.isMissing) return ALGORITHMS_DEFAULT;
  const algorithms = field.list().map((one) => {
    const algorithm = ALGORITHMS.find((known) => known === one.text());
    if (algorithm === undefined)
      throw one.invalid(
        `is one of ${ALGORITHMS.join(', ')}: whoever can check, must not be able to sign`,
      );
    return algorithm;
  });
  if (algorithms.length === 0) throw field.invalid('has at least one');
  return algorithms;
}

function keysOf(issuer: Field, object: Fields): Issuer['keys'] {
  const uri = object.get('jwksUri');
  const fixed = object.get('publicKeys');
  if (uri.isMissing === fixed.isMissing) throw issuer.invalid('has either jwksUri or publicKeys');
  if (!uri.isMissing) return { kind: 'jwks', uri: uriOf(uri) };
  const keys = fixed.list().map(publicKeyOf);
  if (keys.length === 0 || keys.length > KEYS_MAX) throw fixed.invalid(`has 1 to ${KEYS_MAX} keys`);
  return { kind: 'fixed', keys };
}

/** What somebody between could change is fetched only from this machine. */
function uriOf(field: Field): string {
  const text = field.text();
  if (!URL.canParse(text)) throw field.invalid('is no URL');
  const { protocol, hostname, username, password, hash } = new URL(text);
  const isLoopback = /^(127(\.\d+){3}|\[::1\]|localhost)$/.test(hostname);
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopback))
    throw field.invalid('is https, or http on this machine');
  if (username !== '' || password !== '' || hash !== '')
    throw field.invalid('has no user, no password and no fragment');
  return text;
}

function publicKeyOf(field: Field): PublicKey {
  if (field.isText) {
    const pem = field.text();
    if (/^-----BEGIN PUBLIC KEY-----\s/.test(pem)) return { kind: 'pem', pem };
    throw field.invalid(
      'is a public key: PEM that begins with -----BEGIN PUBLIC KEY-----, or a JWK',
    );
  }
  const jwk = Object.fromEntries(field.members().map(([name, { value }]) => [name, value]));
  if (jwk.kty === 'oct' || 'd' in jwk || 'k' in jwk)
    throw field.invalid('is a secret: give the public key only, and replace what was in this file');
  if (typeof jwk.kty !== 'string') throw field.invalid('is no JWK: it has no kty');
  return { kind: 'jwk', jwk };
}
