/** Why there is no value, in the words of OpenFeature; its SDK answers with the default value then. */
export type FlagErrorCode =
  | 'FLAG_NOT_FOUND'
  | 'TYPE_MISMATCH'
  | 'PROVIDER_NOT_READY'
  | 'PROVIDER_FATAL';

/** Thrown to the SDK, which reads its `code`. */
export class FlagError extends Error {
  override readonly name = 'FlagError';
  readonly code: FlagErrorCode;

  constructor(code: FlagErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
