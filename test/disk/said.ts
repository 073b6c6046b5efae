/** What an operator is told about the storage, word for word: by the log, and by the end of the process. */

export const degraded = (reason: string) => `error the storage is degraded: ${reason}`;
export const WELL = 'info the storage is well again';
export const failed = (reason: string) =>
  `error the storage has failed, and the server ends: ${reason}`;
/** The last line of a server that was not well when it ended. */
export const ended = (reason: string) => `error[storage]: the storage failed: ${reason}`;

export const failing = (why: string) => `writes fail: ${why}`;
export const full = (why: string) =>
  `the disk is full, so only deletes and compaction are taken: ${why}`;
export const unknown = (why: string) => `a commit may or may not be on the disk: ${why}`;
export const behind = (why: string) => `the log could not be brought into the tables: ${why}`;
export const removed = (path: string) => `${path} was removed while it was open`;
export const replaced = (path: string) => `${path} was replaced by another file while it was open`;
export const cutOff = (path: string) => `${path} was cut off while it was open`;
export const damagedRow = (row: string) =>
  `the row of ${row} is damaged on the disk; stop the server and run confer verify`;

/** The one line of a server that does not start. */
const refused = (why: string) => `error[storage]: ${why}`;
export const unwritable = (directory: string, why: string) =>
  refused(`${directory} cannot be written to: ${why}`);
export const unreadable = (directory: string, why: string) =>
  refused(`${directory} holds data that Confer cannot read: ${why}`);
export const salvageable = (why: string) =>
  `data.mdb: ${why}; confer repair salvages what can be read`;
export const logDamaged = (how: string) =>
  `its ${how}; restore a copy, or salvage what can be read with confer repair`;
const lossy = (why: string) => `${why}, or to go on without them, start once with --accept-loss`;
export const suspect = (directory: string) =>
  `warn the last runs on ${directory} did not end well, so data.mdb is looked through first`;

/** What is missing of data that the directory knows. */
export const missing = (revision: number) =>
  lossy(
    `data.mdb is missing, and confer.json says that it was there, which had come to revision ${revision} at least; put it back`,
  );
export const older = (revision: number, lost: string) =>
  lossy(
    `data.mdb is older than confer.json says: it ends at revision ${revision} and lacks ${lost}, at least; put back what belongs together`,
  );
export const inUse = (directory: string, pid: number) =>
  refused(`${directory} is in use by another process (${pid} opened it last)`);
export const logInUse = (path: string) => refused(`${path} is in use by another process`);
export const newer = (directory: string) =>
  refused(`${directory} was written by a newer Confer (format 99; this one reads up to 1)`);
