import type { CompactRequest, CountersRequest, Reply, StatusRequest } from '@confer/shared';
import { mayOperate, requireOverAll } from '../auth/authorise.ts';
import { audited, compactEvent } from './auditing.ts';
import { type ApiContext, errorReply } from './context.ts';

export function status({ id }: StatusRequest, { service, principal }: ApiContext): Reply {
  const { entries = 0, connections = 0, watches = 0, ...status } = service.status();
  const figures = mayOperate(principal) ? { entries, connections, watches } : {};
  return { type: 'status', id, ...status, ...figures };
}

export function counters({ id }: CountersRequest, { service }: ApiContext): Reply {
  return { type: 'counters', id, figures: service.figures() };
}

export async function compact(
  { id, revision }: CompactRequest,
  context: ApiContext,
): Promise<Reply> {
  const { service } = context;
  const { store } = service;
  try {
    const { revision: compactedRevision } = await audited(
      {
        about: (result) => compactEvent(result, revision ?? store.revision, context),
        authorise: () => requireOverAll(context.principal, 'operate'),
        run: async () => ({ revision: await store.compact(revision) }),
      },
      context,
    );
    return { type: 'compaction', id, compactedRevision };
  } catch (error) {
    return errorReply(id, error, service);
  }
}
