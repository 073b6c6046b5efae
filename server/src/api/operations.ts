import type { CompactRequest, Reply, StatusRequest } from '@confer/shared';
import { mayOperate } from '../auth/authorise.ts';
import { type ApiContext, errorReply } from './context.ts';

export function status({ id }: StatusRequest, { service, principal }: ApiContext): Reply {
  const { entries = 0, connections = 0, watches = 0, ...status } = service.status();
  const figures = mayOperate(principal) ? { entries, connections, watches } : {};
  return { type: 'status', id, ...status, ...figures };
}

export async function compact(
  { id, revision }: CompactRequest,
  context: ApiContext,
): Promise<Reply> {
  const { service } = context;
  try {
    const compactedRevision = await service.store.compact(revision);
    void service.auditing?.audit.record({
      ...{ event: 'compact', outcome: 'done', reason: 'operate on /' },
      ...{ who: context.actor, revision: compactedRevision },
    });
    return { type: 'compaction', id, compactedRevision };
  } catch (error) {
    return errorReply(id, error, service);
  }
}
