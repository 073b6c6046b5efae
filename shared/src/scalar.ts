/**
 * The scalar convention: how data becomes the string that an entry holds, and back.
 *
 * A scalar is stored as it reads (`8080`, `true`, `null`, `localhost`), lists and empty maps as
 * JSON, and a string that would read as something else (`"8080"`, `"[1]"`) in its JSON quotes. Maps
 * with keys are subtrees, so a map inside a list is the only kind that is stored as JSON.
 *
 * Integers beyond 2^53 are `bigint`, so that no digit of a scalar is lost. Infinity and NaN read as
 * YAML writes them: `.inf`, `-.inf`, `.nan`; inside a list, where JSON has no such numbers, they
 * become those strings.
 */
export type Data = string | number | bigint | boolean | null | Data[] | { [key: string]: Data };

const NUMBER = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/;
const INTEGER = /^-?(0|[1-9][0-9]*)$/;
const WORDS: ReadonlyMap<string, Data> = new Map<string, Data>([
  ['true', true],
  ['false', false],
  ['null', null],
  ['{}', {}],
  ['.inf', Number.POSITIVE_INFINITY],
  ['-.inf', Number.NEGATIVE_INFINITY],
  ['.nan', Number.NaN],
]);

/** What an entry holds for `data`. The inverse of `readValue`. */
export function writeValue(data: Data): string {
  if (typeof data === 'number' && !Number.isFinite(data)) return nonFinite(data);
  if (typeof data !== 'string') return toJson(data);
  return readValue(data) === data ? data : JSON.stringify(data);
}

/** The data that an entry's value stands for. Never fails: what reads as nothing else is text. */
export function readValue(value: string): Data {
  const word = WORDS.get(value);
  if (word !== undefined) return isMap(word) ? {} : word;
  if (NUMBER.test(value)) return readNumber(value);
  const quoted = value.startsWith('"') && value.endsWith('"');
  const list = value.startsWith('[') && value.endsWith(']');
  return quoted || list ? (readJson(value) ?? value) : value;
}

/** JSON text of `data`, compact, with integers of any size. */
export function toJson(data: Data): string {
  if (typeof data === 'bigint') return data.toString();
  if (Array.isArray(data)) return `[${data.map(toJson).join(',')}]`;
  if (isMap(data))
    return `{${Object.entries(data)
      .map(([key, item]) => `${JSON.stringify(key)}:${toJson(item)}`)
      .join(',')}}`;
  if (typeof data === 'number' && !Number.isFinite(data)) return JSON.stringify(nonFinite(data));
  return JSON.stringify(data);
}

/** Whether two values stand for the same data, however they are written (`1.0` and `1`). */
export function sameData(a: string, b: string): boolean {
  return a === b || writeValue(readValue(a)) === writeValue(readValue(b));
}

export function isMap(data: Data): data is { [key: string]: Data } {
  return typeof data === 'object' && data !== null && !Array.isArray(data);
}

function readNumber(text: string): number | bigint {
  const value = Number(text);
  if (!INTEGER.test(text) || Number.isSafeInteger(value)) return value;
  return BigInt(text);
}

function nonFinite(value: number): string {
  if (Number.isNaN(value)) return '.nan';
  return value > 0 ? '.inf' : '-.inf';
}

function readJson(text: string): Data | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
