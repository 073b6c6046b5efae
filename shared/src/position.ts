/**
 * How far a reader has come: everything up to `revision` of the history named `epoch`. A revision
 * alone lies after a restore or a wiped disk, where the same numbers name other commits.
 */
export interface Position {
  readonly epoch: string;
  readonly revision: number;
  /**
   * The stretch of the history that it was reached on: of a store that was put back by hand, two go on
   * by themselves under the same epoch and the same numbers. A position without it is not told apart.
   */
  readonly timeline?: string;
}
