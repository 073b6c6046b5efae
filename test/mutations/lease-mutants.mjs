/** Safeguards of leases: each is noticed by the test that `by` names, a file and a part of a title. */
const LEASES = 'server/src/lease/leases.test.ts';
const RACES = 'server/src/lease/races.test.ts';
const OWNERS = 'server/src/lease/owners.test.ts';
const LATE = 'server/src/lease/late-gateway.test.ts';
const GATEWAYS = 'server/src/lease/gateways.test.ts';
const CONTRACT = 'server/src/engine/etcd/etcd.test.ts';
const STORIES = 'test/scenarios/leases.test.ts';
const HELD = 'client/src/coordination/held-lease.test.ts';

export const leaseMutants = [
  [{ 'lease-is-its-owners': 'never' }, OWNERS, 'takes no entry of others'],
  [
    { 'keep-alive-is-its-owners': { find: 'isOwnedBy(lease, principal)', replace: 'true' } },
    OWNERS,
    'takes no entry of others',
  ],
  [{ 'lease-of-another-gateway-is-its-owners': 'drop' }, LATE, 'is not revoked by others'],
  [{ 'leases-of-others-in-etcd-stay': 'always' }, GATEWAYS, 'revoked by nobody here'],
  [
    {
      'leases-of-others-are-not-counted': {
        becomes: 'const page = service.leases.page(after, ITEMS_MAX);',
      },
    },
    OWNERS,
    'counts for its owner alone',
  ],
  [{ 'lease-is-there': 'never' }, LEASES, 'refuses what is put with a lease that is over'],
  [{ 'lease-takes-its-own': 'always' }, RACES, 'leaves what somebody puts for good'],
  [{ 'lease-is-never-early': 'never' }, LEASES, 'never ends early'],
  [{ 'end-waits-for-puts': 'drop' }, RACES, 'takes what is put in the moment'],
  [{ 'expired-lease-stays-so': 'never' }, RACES, 'nobody keeps the lease alive meanwhile'],
  [
    { 'etcd-looks-for-the-lease': { becomes: '' } },
    CONTRACT,
    'has to be there where something is put',
  ],
  [
    {
      'lease-counts-from-asking': {
        find: 'lease.confirm(asked)',
        replace: 'lease.confirm(this.stopwatch.now())',
      },
    },
    STORIES,
    'by an answer that came late',
  ],
  [
    { 'unanswered-keep-alive-looks-at-the-link': 'never' },
    STORIES,
    'over a link that died in silence',
  ],
  [{ 'lease-is-lost-in-time': 'never' }, HELD, 'without any timer'],
  [
    { 'lease-counts-by-both-clocks': { becomes: 'return now.wallMs - wallMs;' } },
    HELD,
    'was set back',
  ],
].map(([off, file, title]) => ({ name: Object.keys(off).join(', '), off, by: { file, title } }));
