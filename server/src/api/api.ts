import type { ProtocolError, Reply, Request } from '@confer/shared';
import { Draft } from '../store/draft.ts';
import { type ApiContext, errorReply, type Later } from './context.ts';
import { compact, status } from './operations.ts';
import { commit, get, list, make } from './values.ts';
import { unwatch, verify, watch } from './watches.ts';

/** What somebody has to be allowed for a request; on which subtree, the request says. */
type Right = 'read' | 'write' | 'operate';

/** A request of one type, or of any. */
type RequestOf<Type extends Request['type'] = Request['type']> = {
  [Each in Type]: { readonly type: Each } & Extract<Request, { type: Each }>;
}[Type];

/** What becomes of a request: its reply, at once or once it is there, or that it is to be worked on later. */
export type Answer = Reply | Promise<Reply> | Later;

interface Row<Type extends Request['type']> {
  readonly right: Right;
  readonly handle: (request: RequestOf<Type>, context: ApiContext) => Answer;
}

/** Every request there is: one without a row does not compile. */
const table: { readonly [Type in Request['type']]: Row<Type> } = {
  get: { right: 'read', handle: get },
  list: { right: 'read', handle: list },
  commit: { right: 'write', handle: commit },
  watch: { right: 'read', handle: watch },
  unwatch: { right: 'read', handle: unwatch },
  verify: { right: 'read', handle: verify },
  status: { right: 'operate', handle: status },
  compact: { right: 'operate', handle: compact },
};

/**
 * Answers one request. A reply that is there at once is returned at once, so that what the request
 * set going (the frames of a watch) cannot come before it.
 */
export function handle<Type extends Request['type']>(
  request: RequestOf<Type>,
  context: ApiContext,
): Answer {
  try {
    return table[request.type].handle(request, context);
  } catch (error) {
    return errorReply(request.id, error, context.service);
  }
}

/** The same for a commit that came in parts. */
export function handleParts(
  id: number,
  draft: Draft | ProtocolError,
  context: ApiContext,
): Reply | Promise<Reply> {
  try {
    if (draft instanceof Draft) return make(id, draft, context);
    throw draft;
  } catch (error) {
    return errorReply(id, error, context.service);
  }
}
