import type { HttpService } from './http-service.ts';

/** Runs something at once where this turn of the event loop has time for it, else in one to come. */
export function inTurn({ turns }: Pick<HttpService, 'turns'>, run: () => void): void {
  const beginOne = () => {
    run();
    return false;
  };
  // safeguard: request-waits-for-a-turn
  if (turns.isTime) beginOne();
  else turns.schedule({ beginOne });
}
