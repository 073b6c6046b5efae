/** Safeguards of going back: nothing of somebody else is overwritten unseen. */
const REVERTS = 'client/src/history/history.test.ts';

export const pastMutants = [
  [{ 'revert-overwrites-nothing-newer': 'never' }, 'names what was changed again since'],
  [{ 'revert-holds-against-its-plan': 'drop' }, 'is a conflict where somebody writes between'],
].map(([off, title]) => ({ name: Object.keys(off).join(', '), off, by: { file: REVERTS, title } }));
