import { type Schema, take } from '@confer/shared';
import { ConferError } from '../errors.ts';

/**
 * What is in an answer that the connection has not looked into, since only those who ask for it know what it is: what
 * a server answers is not believed because it is one.
 */
export function checked<Output>(schema: Schema<Output>, value: unknown): Output {
  const problem = { path: [], text: '', hasUnknown: false };
  const taken = take(schema, value, problem);
  if (taken !== undefined) return taken;
  const where = problem.path.join('.');
  throw new ConferError(
    'bad_message',
    `the server answered what is none: ${where}: ${problem.text}`,
  );
}
