/**
 * What somebody may do with a subtree:
 *
 * - `read` what it holds and held, and be told of changes;
 * - `write` it;
 * - `release` what waits there to be released;
 * - `operate` the server: figures, compaction, backup;
 * - `admin` who may do what.
 */
export const verbs = ['read', 'write', 'release', 'operate', 'admin'] as const;

export type Verb = (typeof verbs)[number];

/** Verbs on a subtree. */
export interface Grant {
  readonly verbs: readonly Verb[];
  readonly on: string;
}

/**
 * What its holders may do. One rule: something may be done with a subtree where one `allow` covers all of it, and
 * no `deny` of the verb meets it: a deny on what lies in it, or on what it lies in. Order means nothing.
 */
export interface Role {
  readonly name: string;
  readonly allow: readonly Grant[];
  readonly deny: readonly Grant[];
  readonly note?: string;
}
