/**
 * The scalar convention: how data becomes the string that an entry holds, and back.
 *
 * A scalar is stored as it reads (`8080`, `true`, `null`, `localhost`), lists and empty maps as
 * JSON, and a string that would read as something else (`"8080"`, `"[1]"`) in its JSON quotes. Maps
 * with keys are subtrees, so a map inside a list is the only kind that is stored as JSON.
 *
 * Integers beyond 2^53 are `bigint`, so that no digit of them is lost. Infinity and NaN read as YAML
 * writes them: `.inf`, `-.inf`, `.nan`; inside a list, where JSON has no such numbers, they become
 * those strings.
 */
export type Data = string | number | bigint | boolean | null | Data[] | { [key: string]: Data };

const NUMBER = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/;
const INTEGER = /^-?(0|[1-9][0-9]*)$/;
/** A string, or what stands where a number does, in valid JSON. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?[0-9][0-9.eE+-]*/g;
/** Deeper lists read as text: nobody writes them, and whoever walks the data may recurse. */
const DEPTH_MAX = 256;
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

/** A number too large for one is text: as Infinity it would be another value. */
function readNumber(text: string): Data {
  const value = Number(text);
  if (isBigInteger(text)) return BigInt(text);
  return Number.isFinite(value) ? value : text;
}

function isBigInteger(text: string): boolean {
  return INTEGER.test(text) && !Number.isSafeInteger(Number(text));
}

function nonFinite(value: number): string {
  if (Number.isNaN(value)) return '.nan';
  return value > 0 ? '.inf' : '-.inf';
}

function readJson(text: string): Data | undefined {
  try {
    const data: Data = JSON.parse(text);
    const keepsDigits = !/[0-9]{16}/.test(text);
    const exact = keepsDigits ? data : readBigIntegers(text);
    return canBeWritten(exact, DEPTH_MAX) ? exact : undefined;
  } catch {
    return undefined;
  }
}

/**
 * `JSON.parse` rounds large integers, so they go through it as strings, and all strings and keys
 * carry a mark that tells them apart.
 */
function readBigIntegers(json: string): Data {
  const marked = json.replace(TOKEN, (token) => {
    if (token.startsWith('"')) return `"s${token.slice(1)}`;
    return isBigInteger(token) ? `"n${token}"` : token;
  });
  return JSON.parse(marked, (_, item: Data) => {
    if (typeof item === 'string')
      return item.startsWith('n') ? BigInt(item.slice(1)) : item.slice(1);
    if (!isMap(item)) return item;
    return Object.fromEntries(Object.entries(item).map(([key, value]) => [key.slice(1), value]));
  });
}

/** Whether `data` is no deeper than `depth` and free of numbers that JSON cannot write. */
function canBeWritten(data: Data, depth: number): boolean {
  if (typeof data === 'number') return Number.isFinite(data);
  if (typeof data !== 'object' || data === null) return true;
  return depth > 0 && Object.values(data).every((item) => canBeWritten(item, depth - 1));
}
