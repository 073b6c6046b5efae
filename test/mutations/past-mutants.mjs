/** Safeguards of going back, where nothing of somebody else is overwritten unseen, and of what a client believes of an answer. */
const REVERTS = 'client/src/history/history.test.ts';
const LIES = 'client/src/requests/lying-replies.test.ts';
const PLANS = 'client/src/history/revert-plan.test.ts';

export const pastMutants = [
  [{ 'revert-overwrites-nothing-newer': 'never' }, 'names what was changed again since'],
  [{ 'revert-holds-against-its-plan': 'drop' }, 'is a conflict where somebody writes between'],
  [{ 'revert-leaves-what-has-a-lease': 'never' }, 'leaves alone what goes with a lease', PLANS],
  [{ 'entry-is-the-one-asked-for': 'always' }, 'another entry', LIES],
  [{ 'pages-lead-on': 'never' }, 'pages without an end', LIES],
  [{ 'transaction-reads-what-was-there-before': 'never' }, 'saw what came after it', LIES],
  [{ 'history-goes-back': 'never' }, 'one commit twice', LIES],
].map(([off, title, file = REVERTS]) => ({
  ...{ name: Object.keys(off).join(', '), off },
  by: { file, title },
}));
