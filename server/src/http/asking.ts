import { isErrorCode, type Reply, type Request } from '@confer/shared';
import { type Answer, handle } from '../api/api.ts';
import { type ApiContext, Later } from '../api/context.ts';
import { HttpFailure } from './failure.ts';
import { Gone } from './gone.ts';
import type { HttpService } from './http-service.ts';
import { inTurn } from './in-turn.ts';

/**
 * Has a request answered by the table that the WebSocket's are answered by, in a turn that has time for it, and counts
 * it as they are counted. One whose asker has gone before it was begun is not done.
 */
export function answered(
  request: Request,
  context: ApiContext,
  service: HttpService,
  isGone: () => boolean,
): Promise<Reply> {
  const { counters, measures, uptimeMs } = service;
  counters.count('requestsTaken');
  const cameMs = uptimeMs();
  return new Promise((resolve, reject) => {
    const done = (reply: Reply) => {
      const refused = reply.type === 'error' ? reply.code : undefined;
      measures.requests.answered(request.type, uptimeMs() - cameMs, refused);
      resolve(reply);
    };
    const begin = (work: () => Answer) => {
      const answer = work();
      if (answer instanceof Later) void answer.ready.then(beginInTurn);
      else if (answer instanceof Promise) answer.then(done, reject);
      else done(answer);
    };
    const beginInTurn = (work: () => Answer) =>
      inTurn(service, () => {
        try {
          if (isGone()) throw new Gone();
          begin(work);
        } catch (error) {
          reject(error);
        }
      });
    beginInTurn(() => handle(request, context));
  });
}

/** The reply as it should be; throws the failure of an error. */
export function expectReply<Type extends Reply['type']>(
  reply: Reply,
  type: Type,
  { counters }: HttpService,
): Extract<Reply, { type: Type }> {
  if (isOfType(reply, type)) return reply;
  if (reply.type !== 'error' || !isErrorCode(reply.code))
    throw new Error(`${reply.type} came where ${type} was expected`);
  counters.count(`requestsRefused.${reply.code}`);
  const { type: _, id: __, code: ___, ...said } = reply;
  throw new HttpFailure({ code: reply.code, ...said });
}

function isOfType<Type extends Reply['type']>(
  reply: Reply,
  type: Type,
): reply is Extract<Reply, { type: Type }> {
  return reply.type === type;
}
