/** Safeguards of going back: nothing of somebody else is overwritten unseen. */
const REVERTS = 'client/src/history/history.test.ts';
const PLANS = 'client/src/history/revert-plan.test.ts';

export const pastMutants = [
  [{ 'revert-overwrites-nothing-newer': 'never' }, 'names what was changed again since'],
  [{ 'revert-holds-against-its-plan': 'drop' }, 'is a conflict where somebody writes between'],
  [{ 'revert-leaves-what-has-a-lease': 'never' }, 'leaves alone what goes with a lease', PLANS],
].map(([off, title, file = REVERTS]) => ({
  ...{ name: Object.keys(off).join(', '), off },
  by: { file, title },
}));
