import { crc32 } from 'node:zlib';

/**
 * A token as text: `cfr_<id>_<secret><checksum>`. The prefix and the checksum let a scanner for secrets tell one
 * from other text without asking anybody, and a mistyped one is refused without a look at the store; `_` lets a
 * double click select all of it. (The design is that of GitHub's tokens.)
 */
export interface Token {
  readonly id: string;
  readonly secret: string;
}

const PREFIX = 'cfr_';
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ID_LENGTH = 12;
/** 256 bits, as one character of 62 has 5.95. */
const SECRET_LENGTH = 43;
/** 32 bits. */
const CHECKSUM_LENGTH = 6;
const FORM = /^cfr_([0-9A-Za-z]{12})_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/;

/** Letters and digits that nobody can guess, so many. */
export type NewSecret = (length: number) => string;

export function newToken(newSecret: NewSecret): Token {
  return { id: newSecret(ID_LENGTH), secret: newSecret(SECRET_LENGTH) };
}

/** The same token with another secret. */
export function rotated({ id }: Pick<Token, 'id'>, newSecret: NewSecret): Token {
  return { id, secret: newSecret(SECRET_LENGTH) };
}

export function tokenText({ id, secret }: Token): string {
  const text = `${PREFIX}${id}_${secret}`;
  return text + checksumOf(text);
}

/** `undefined` where a text is no token, or not one that was copied whole. */
export function parseToken(text: string): Token | undefined {
  const [, id, secret, checksum] = FORM.exec(text) ?? [];
  if (id === undefined || secret === undefined) return undefined;
  return checksumOf(`${PREFIX}${id}_${secret}`) === checksum ? { id, secret } : undefined;
}

function checksumOf(text: string): string {
  let rest = crc32(text);
  let digits = '';
  for (let i = 0; i < CHECKSUM_LENGTH; i++) {
    digits = ALPHABET.charAt(rest % ALPHABET.length) + digits;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return digits;
}
