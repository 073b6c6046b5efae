import {
  hasLoneSurrogate,
  isReserved,
  limits,
  type Operation,
  ProtocolError,
  pathProblem,
  subtreeProblem,
  utf8Length,
} from '@confer/shared';

/* What a server holds a request against before it does anything (PROTOCOL.md, sections 3 and 4). */

export function checkPath(path: string): void {
  refuseIf(pathProblem(path), path);
}

export function checkSubtree(path: string): void {
  refuseIf(subtreeProblem(path), path);
}

export function checkOperation(operation: Operation): void {
  const { type, path } = operation;
  if (type === 'delete' && operation.recursive === true) checkSubtree(path);
  else checkPath(path);
  if (isReserved(path))
    throw new ProtocolError('reserved_path', `${path} belongs to the server`, { path });
  if (type !== 'put') return;
  if (hasLoneSurrogate(operation.value))
    throw new ProtocolError('invalid_value', 'a value holds no lone surrogates', { path });
  checkSize('a value', operation.value, limits.valueBytesMax, path);
}

export function checkNote(note: string): void {
  if (hasLoneSurrogate(note))
    throw new ProtocolError('invalid_value', 'a note holds no lone surrogates');
  checkSize('a note', note, limits.noteBytesMax);
}

function checkSize(what: string, text: string, bytesMax: number, path?: string): void {
  if (utf8Length(text) <= bytesMax) return;
  const problem = `${what} has at most ${bytesMax} bytes`;
  throw new ProtocolError('too_large', problem, path === undefined ? {} : { path });
}

function refuseIf(problem: string | undefined, path: string): void {
  if (problem !== undefined) throw new ProtocolError('invalid_path', problem, { path });
}
