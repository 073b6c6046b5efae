import type { CompactRequest, Reply, StatusRequest } from '@confer/shared';
import { type ApiContext, errorReply } from './context.ts';

export function status({ id }: StatusRequest, { service }: ApiContext): Reply {
  return { type: 'status', id, ...service.status() };
}

export async function compact(
  { id, revision }: CompactRequest,
  context: ApiContext,
): Promise<Reply> {
  const { service } = context;
  try {
    const compactedRevision = await service.store.compact(revision);
    return { type: 'compaction', id, compactedRevision };
  } catch (error) {
    return errorReply(id, error, service);
  }
}
