/**
 * Called every few milliseconds of long work, with how many rows are done, so that others have their
 * turn. What it rejects with ends the work.
 */
export type Pause = (rows: number) => Promise<void>;
