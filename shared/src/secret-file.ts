/** Of a mode: group and others. */
const ANYBODY_ELSE = 0o077;
/** The same, but that a group may read. */
const BEYOND_A_GROUP = 0o037;
const ROOT = 0;

/**
 * Whether others than those it is for can read a file with a secret. A file is its owner's alone. One of root's may be
 * for a group, too: so Kubernetes hands secrets to a process that is not root, and systemd to a service.
 */
export function isOpenSecret({
  mode,
  uid,
}: {
  readonly mode: number;
  readonly uid: number;
}): boolean {
  return (mode & (uid === ROOT ? BEYOND_A_GROUP : ANYBODY_ELSE)) !== 0;
}
