/**
 * What the one who brought a token is told. `unavailable`: the keys of its issuer cannot be had now; to say that
 * nobody knows it would end clients for good that are as they should be.
 */
export type RefusalCode = 'unauthenticated' | 'token_expired' | 'rate_limited' | 'unavailable';

/** A token that is not believed. Why, is for the log alone: it would help whoever makes one up. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';
  readonly code: RefusalCode;
  readonly reason: string;

  constructor(reason: string, code: RefusalCode = 'unauthenticated') {
    super(`the token is refused: ${code}`);
    this.code = code;
    this.reason = reason;
  }
}
