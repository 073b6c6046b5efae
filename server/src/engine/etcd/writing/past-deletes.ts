import { EtcdError } from '../client/cluster.ts';
import type { Members } from '../client/members.ts';
import type { AssemblyContext } from '../upstream/assemble.ts';
import { operationsOf, type WritePlan } from './write-plan.ts';

const COUNT_TIMEOUT_MS = 3_000;
/** A second try of a write so long ago, and so large, is not worth more questions. */
const COUNTED_MAX = 100;

/** How many keys a commit removed that is not in history any more, where etcd still knows what was there before. */
export async function countDeleted(
  plan: WritePlan,
  revision: number,
  { members, state }: { readonly members: Members; readonly state: AssemblyContext },
): Promise<number> {
  let count = 0;
  let asked = 0;
  for (const operation of operationsOf(plan, [], state.keyspace)) {
    if (!('requestDeleteRange' in operation)) continue;
    if (asked++ === COUNTED_MAX) break;
    const range = { ...operation.requestDeleteRange, revision: revision - 1, countOnly: true };
    try {
      count += (await members.current.range(range, { timeoutMs: COUNT_TIMEOUT_MS })).count;
    } catch (error) {
      if (error instanceof EtcdError) return count;
      throw error;
    }
  }
  return count;
}
