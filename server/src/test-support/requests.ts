import type { UpMessage } from '@confer/shared';

type Request = Extract<UpMessage, { id: number }>;

/** One of each type that a client may send: one that is missing does not compile. */
export const requests: { readonly [Type in Request['type']]: (id: number) => Request } = {
  get: (id) => ({ type: 'get', id, path: '/a' }),
  list: (id) => ({ type: 'list', id, path: '/a' }),
  history: (id) => ({ type: 'history', id, path: '/a' }),
  log: (id) => ({ type: 'log', id, path: '/a' }),
  commit: (id) => ({
    ...{ type: 'commit', id, requestId: `r${id}` },
    operations: [{ type: 'put', path: '/a', value: '1' }],
  }),
  txn: (id) => ({
    ...{ type: 'txn', id, requestId: `r${id}`, if: [] },
    ...{ then: [], else: [{ type: 'get', path: '/a' }] },
  }),
  watch: (id) => ({ type: 'watch', id, path: '/a', mode: 'state' }),
  unwatch: (id) => ({ type: 'unwatch', id, watch: 'w1' }),
  verify: (id) => ({ type: 'verify', id, watch: 'w1' }),
  status: (id) => ({ type: 'status', id }),
  counters: (id) => ({ type: 'counters', id }),
  compact: (id) => ({ type: 'compact', id }),
  renew: (id) => ({ type: 'renew', id, token: 'x' }),
  whoami: (id) => ({ type: 'whoami', id }),
  checkRight: (id) => ({ type: 'checkRight', id, principal: 'root', verb: 'read', path: '/' }),
  setRole: (id) => ({ type: 'setRole', id, name: 'x', allow: [], deny: [] }),
  removeRole: (id) => ({ type: 'removeRole', id, name: 'x' }),
  listRoles: (id) => ({ type: 'listRoles', id }),
  createToken: (id) => ({ type: 'createToken', id, name: 'x', roles: [], expiresAt: null }),
  rotateToken: (id) => ({ type: 'rotateToken', id, token: 'x', overlapMs: 0 }),
  updateToken: (id) => ({ type: 'updateToken', id, token: 'x', disabled: true }),
  removeToken: (id) => ({ type: 'removeToken', id, token: 'x' }),
  listTokens: (id) => ({ type: 'listTokens', id }),
  report: (id) => ({ type: 'report', id, path: '/a', applied: 1 }),
  listSubscribers: (id) => ({ type: 'listSubscribers', id, path: '/a' }),
  listSessions: (id) => ({ type: 'listSessions', id, path: '/a' }),
  grantLease: (id) => ({ type: 'grantLease', id, requestId: `g${id}`, ttlMs: 10_000 }),
  keepAlive: (id) => ({ type: 'keepAlive', id, leases: ['00000000000000a1'] }),
  revokeLease: (id) => ({ ...{ type: 'revokeLease', id, requestId: `v${id}` }, lease: 'a1' }),
  readLease: (id) => ({ type: 'readLease', id, lease: '00000000000000a1' }),
  listLeases: (id) => ({ type: 'listLeases', id }),
};
