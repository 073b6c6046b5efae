/** Safeguards of backups, each noticed by the test that `by` names, a file and a part of a title. */
const PAGES = 'client/src/pages.test.ts';
const RESTORE = 'server/src/engine/lmdb/restore.test.ts';
const DAMAGE = 'cli/src/backup/damage.test.ts';

export const backupMutants = [
  [{ 'pages-are-of-one-history': 'never' }, PAGES, 'S2 another epoch'],
  [{ 'restored-store-is-read-again': 'never' }, RESTORE, 'refuses an entry that comes twice'],
  [{ 'backup-is-as-it-was-written': 'never' }, DAMAGE, 'wherever a byte is changed'],
].map(([off, file, title]) => ({ name: Object.keys(off).join(), off, by: { file, title } }));
