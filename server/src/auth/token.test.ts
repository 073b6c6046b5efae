import { describe, expect, it } from 'vitest';
import { systemRuntime } from '../runtime.ts';
import { hashOf, isSameHash } from './hash.ts';
import { newToken, parseToken, rotated, tokenText } from './token.ts';

const { newSecret } = systemRuntime;

describe('the text of a token', () => {
  it('is read as the token that it was made of', () => {
    for (let i = 0; i < 200; i++) {
      const token = newToken(newSecret);
      expect(parseToken(tokenText(token))).toEqual(token);
    }
  });

  it('is one word that scanners for secrets know', () => {
    expect(tokenText(newToken(newSecret))).toMatch(/^cfr_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$/);
  });

  it('is refused where one character of it is another (attack 3)', () => {
    const text = tokenText(newToken(newSecret));
    for (let i = 0; i < text.length; i++) {
      const other = text[i] === 'a' ? 'b' : 'a';
      expect(parseToken(text.slice(0, i) + other + text.slice(i + 1)), `at ${i}`).toBeUndefined();
    }
  });

  it('is refused where it is cut, or more than itself (attack 3)', () => {
    const text = tokenText(newToken(newSecret));
    for (let length = 0; length < text.length; length++)
      expect(parseToken(text.slice(0, length))).toBeUndefined();
    for (const more of [`${text}a`, ` ${text}`, `${text}\n`, `${text}\u0000`])
      expect(parseToken(more)).toBeUndefined();
  });

  it('keeps its id when it is rotated, with another secret', () => {
    const token = newToken(newSecret);
    const next = rotated(token, newSecret);
    expect(next.id).toBe(token.id);
    expect(isSameHash(hashOf(next.secret), hashOf(token.secret))).toBe(false);
  });
});
