import type { Data } from '@confer/shared';
import { parse, TomlDate, TomlError } from 'smol-toml';
import { NESTING_MAX, type Parsed, type Place, placeOf, SyntaxProblem } from './parsed.ts';

/** Reads TOML. Dates and times are text as they are written; integers keep every digit. */
export function parseToml(text: string): Parsed {
  try {
    const spellings = dateSpellings(text);
    const table = parse(text, { integersAsBigInt: 'asNeeded', maxDepth: NESTING_MAX });
    return { data: dataOf(table, spellings), warnings: [], locate: (keys) => locate(text, keys) };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [message = ''] = error.message.split('\n');
    throw new SyntaxProblem(message.replace(/^Invalid TOML document: /, ''), {
      line: error.line,
      column: error.column,
    });
  }
}

function dataOf(value: unknown, spellings: ReadonlyMap<string, string>): Data {
  if (value instanceof TomlDate) {
    const iso = value.toISOString();
    return spellings.get(iso) ?? iso;
  }
  if (Array.isArray(value)) return value.map((item) => dataOf(item, spellings));
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'bigint':
    case 'boolean':
      return value;
    case 'object':
      return Object.fromEntries(
        Object.entries(value ?? {}).map(([key, item]) => [key, dataOf(item, spellings)]),
      );
    default:
      throw new SyntaxProblem(`a TOML value of the type ${typeof value}`, undefined);
  }
}

const DATE =
  /\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d:\d\d)?)?|\d\d:\d\d(?::\d\d(?:\.\d+)?)?/g;

/** The parser keeps instants to the millisecond; this finds how they were written. */
function dateSpellings(text: string): Map<string, string> {
  const spellings = new Map<string, string>();
  for (const [spelling] of text.matchAll(DATE)) {
    const date = new TomlDate(spelling);
    if (date.isValid()) spellings.set(date.toISOString(), spelling);
  }
  return spellings;
}

/** The parser does not say where a key stands, so this looks for its last part. */
function locate(text: string, keys: readonly string[]): Place | undefined {
  const key = keys.at(-1);
  if (key === undefined) return undefined;
  const at = text.indexOf(key === '' ? '""' : key);
  return at === -1 ? undefined : placeOf(text, at);
}
