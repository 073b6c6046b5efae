import type { Mirror } from '../api.ts';
import { ReplicaMirror } from '../mirror/mirror.ts';
import { Replica } from '../mirror/replica.ts';
import type { ClientContext } from '../watch/context.ts';

/**
 * A mirror that leaves nothing in the snapshots of its client: paths of waiters are never the same twice, and what was
 * kept of a lock says nothing about who holds it now.
 */
export function unkeptMirror(context: ClientContext, path: string): Mirror {
  const unkept = { ...context, snapshots: undefined };
  const replica = new Replica(path, unkept, () => {});
  return new ReplicaMirror(replica, unkept, {
    ...{ signal: undefined, extras: undefined },
    onLeft: () => {},
  });
}
