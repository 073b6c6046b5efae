/** Safeguards of backups, and of data that are put back or salvaged, each noticed by the test that `by` names, a file and a part of a title. */
const PAGES = 'client/src/pages.test.ts';
const RESTORE = 'server/src/engine/lmdb/restore.test.ts';
const PUT_BACK = 'server/src/engine/lmdb/put-back.test.ts';
const SALVAGE = 'server/src/engine/lmdb/salvage.test.ts';
const DAMAGE = 'cli/src/backup/damage.test.ts';

export const backupMutants = [
  [{ 'pages-are-of-one-history': 'never' }, PAGES, 'S2 another epoch'],
  [{ 'restored-store-is-read-again': 'never' }, RESTORE, 'refuses an entry that comes twice'],
  [
    { 'data-are-the-right-ones-before-their-log-is-used-again': 'drop' },
    PUT_BACK,
    'are refused before the log',
  ],
  [{ 'segment-has-a-number-that-no-file-had': 'drop' }, PUT_BACK, 'that are borne go on'],
  [{ 'salvaged-log-is-no-older-than-the-tables': 'drop' }, SALVAGE, 'of a damaged log'],
  [{ 'segment-that-is-read-is-a-file': 'never' }, SALVAGE, 'waits for no pipe'],
  [{ 'backup-is-as-it-was-written': 'never' }, DAMAGE, 'wherever a byte is changed'],
].map(([off, file, title]) => ({ name: Object.keys(off).join(), off, by: { file, title } }));
