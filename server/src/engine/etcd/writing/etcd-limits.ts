/** What etcd takes in one request by default (`--max-request-bytes`), less what it adds of its own. */
export const REQUEST_BYTES_MAX = 1.5 * 1024 * 1024 - 1024;

/**
 * Conditions that go into one transaction: they count as operations do, together with those of the commit.
 * A write with more is judged by the gateway, and made if nothing was written meanwhile.
 */
export const CONDITIONS_MAX = 60;

/** Leases that one transaction attaches to: each is looked at as a condition is. */
export const LEASES_MAX = 16;
