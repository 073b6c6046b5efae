/**
 * A request id is remembered at least this long, also when its commit is compacted: a client that
 * lost its connection sends a write again until its own patience ends (S4), and a compaction in
 * between must not make that a second write.
 */
export const IDEMPOTENCY_WINDOW_MS = 10 * 60 * 1_000;
