import { ConferError } from '../errors.ts';

/** A server answers with what cannot be true. */
export function noAnswer(problem: string): ConferError {
  return new ConferError('bad_message', `the server answered ${problem}`);
}
