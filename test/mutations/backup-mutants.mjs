/** Safeguards of backups, each noticed by the test that `by` names, a file and a part of a title. */
const PAGES = 'client/src/pages.test.ts';

export const backupMutants = [
  [{ 'pages-are-of-one-history': 'never' }, PAGES, 'S2 another epoch'],
].map(([off, file, title]) => ({ name: Object.keys(off).join(), off, by: { file, title } }));
