/**
 * The version of the protocol. A change of the schema changes its hash, and `version.test.ts` then
 * asks for a line here: a new version where old peers would misread it, a note where they ignore it.
 *
 * 1  2026-11  the first version
 *    2026-11  `compact` and `compaction`: an old server answers `unknown_type`
 *    2026-11  `verify` and `verifying`: the same
 *    2026-11  `clear` among the changes of a commit, for those who ask with `clears`
 *    2026-11  names, tokens and request ids are held to having no lone surrogates, as was said before
 *    2026-11  `timeline` in `welcome` and in positions; an old peer ignores it, and leaves it out
 *    2026-11  `storage` and `storageProblem` in `status`; the codes `outcome_unknown` and `damaged`
 *    2026-11  frames of 8 MiB, and larger commits in parts (`part`, `more`); `commitBytesMax` and
 *             `waitingBytesMax` in the limits; 64 segments of a path; `by` in `synced`; an id that waits and
 *             a request id of another write are refused. Nobody has released a peer yet
 *    2026-11  `behindMs` in heartbeats, `behind` as `storage`; a server without replicas says neither
 *    2026-11  `stale` in `get` and `list`; an old server ignores it, and a server of one machine has nothing older
 *    2026-11  principals and rights: `renew`, `whoami`, `checkRight`, roles and tokens, `revoked`; `principal` and
 *             `expiresInMs` in `welcome`; figures of `status` may be missing; `token_expired`, `rate_limited`. A peer
 *             of before knows none of it, and a server that asks nobody who they are sends none
 *    2026-11  `identity` has the roles and grants of all roles, however many these are, and `within`, which an old peer
 *             ignores. Nobody has released a peer yet
 *    2026-11  frames of 16 KiB, and messages in pieces; `messageBytesMax`. Nobody has released a peer yet
 *    2026-11  `report` and `listSubscribers`, `too_many_reports`: an old server answers `unknown_type`
 *    2026-11  leases: `grantLease`, `keepAlive`, `revokeLease`, `readLease`, `listLeases`, and `lease` of a put, which an
 *             old server would ignore; `lease_not_found`, `too_many_leases`. Nobody has released a peer yet
 *    2026-11  `at` in `get`: an old server ignores it, and answers with another `revision`; `history` and `log`, to which
 *             it answers `unknown_type`
 *    2026-11  `txn` and `decided`, `overlapping_writes` and `results_compacted`; conditions of more kinds: an old server
 *             answers `unknown_type` and `invalid_message`. An entry is no condition any more. Nobody has released a peer yet
 *    2026-11  `keptSince` in `logged`, which an old peer ignores or leaves out
 *    2026-11  `listSessions` and `counters`: an old server answers `unknown_type`
 *    2026-11  `traceparent` in `commit` and `txn`, which an old server ignores
 */
export const PROTOCOL_VERSION = 1;

/** The WebSocket subprotocol and the HTTP path that it is served at. */
export const SUBPROTOCOL = 'confer.v1';
export const ENDPOINT = '/v1';
export const DEFAULT_PORT = 7480;
