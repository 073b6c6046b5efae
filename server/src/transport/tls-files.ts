/**
 * A certificate and its key, read and found good. uWebSockets.js reads the files itself, once more: it takes nothing
 * but their names.
 */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** The texts of the two files, PEM. */
  readonly cert: string;
  readonly key: string;
  /** PEM of the authorities whose clients may connect; where it is there, nobody else may. */
  readonly clientCa?: string;
}
