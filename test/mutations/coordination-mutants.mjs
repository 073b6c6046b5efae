/** Safeguards of what is built on leases: each is noticed by the test that `by` names, a file and a part of a title. */
const LOCKS = 'test/scenarios/locks.test.ts';
const DISCOVERY = 'test/scenarios/discovery.test.ts';

export const coordinationMutants = [
  [
    { 'lock-waits-for-its-predecessor': { becomes: 'return undefined;' } },
    LOCKS,
    'wakes one waiter when it is free',
  ],
  [{ 'lock-is-lost-with-its-entry': 'never' }, LOCKS, 'is lost at once where its entry is removed'],
  [
    { 'newest-registration-has-the-id': { becomes: 'return false;' } },
    DISCOVERY,
    'is of who registered last',
  ],
].map(([off, file, title]) => ({ name: Object.keys(off).join(', '), off, by: { file, title } }));
