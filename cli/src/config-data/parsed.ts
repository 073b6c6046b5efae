import type { Data } from '@confer/shared';

/** A place in a text; both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** What a text in one of the formats says. */
export interface Parsed {
  readonly data: Data;
  /** What the reader should know although it is no error. */
  readonly warnings: readonly { readonly problem: string; readonly place: Place }[];
  /** Where the key at the end of `keys` is written, as far as that can be told. */
  locate(keys: readonly string[]): Place | undefined;
}

/** The text is not what its format asks for. */
export class SyntaxProblem extends Error {
  override readonly name = 'SyntaxProblem';
  readonly place: Place | undefined;

  constructor(problem: string, place: Place | undefined) {
    super(problem);
    this.place = place;
  }
}

/** Levels of maps and lists in a file: far more than a path can have, far less than the stack takes. */
export const NESTING_MAX = 200;

export function tooDeep(place: Place | undefined): SyntaxProblem {
  return new SyntaxProblem(`maps and lists nest more than ${NESTING_MAX} levels deep`, place);
}

export function duplicate(key: string, place: Place): SyntaxProblem {
  return new SyntaxProblem(`the key ${JSON.stringify(key)} is there twice`, place);
}

/** The place of an offset in UTF-16 code units. */
export function placeOf(text: string, offset: number): Place {
  let line = 1;
  let start = 0;
  for (let end = text.indexOf('\n'); end !== -1 && end < offset; end = text.indexOf('\n', start)) {
    line++;
    start = end + 1;
  }
  return { line, column: offset - start + 1 };
}
