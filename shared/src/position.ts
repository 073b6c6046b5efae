/**
 * How far a reader has come: everything up to `revision` of the history named `epoch`. A revision
 * alone lies after a restore or a wiped disk, where the same numbers name other commits.
 */
export interface Position {
  readonly epoch: string;
  readonly revision: number;
}
