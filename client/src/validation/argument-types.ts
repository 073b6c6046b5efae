import { hasLoneSurrogate, limits } from '@confer/shared';

/** What an argument may be, in words that go on from "it is", and as a judgement. */
export interface ArgumentType {
  readonly expected: string;
  fits(value: unknown): boolean;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
const isFunction = (value: unknown): boolean => typeof value === 'function';

const isName = (value: unknown): boolean =>
  isText(value) && value.length <= limits.nameLengthMax && !hasLoneSurrogate(value);

export const object: ArgumentType = { expected: 'an object', fits: isObject };
export const text: ArgumentType = { expected: 'a string', fits: isText };
export const flag: ArgumentType = {
  expected: 'true or false',
  fits: (value) => typeof value === 'boolean',
};
export const count: ArgumentType = { expected: 'a whole number from 0', fits: isCount };
export const callback: ArgumentType = { expected: 'a function', fits: isFunction };
export const name: ArgumentType = {
  expected: `a string of at most ${limits.nameLengthMax} characters`,
  fits: isName,
};
/** A wait may be endless. */
export const durationMs: ArgumentType = {
  expected: 'a number of milliseconds from 0',
  fits: (value) => typeof value === 'number' && value >= 0,
};
/** A pause is never nothing: what failed would be tried again in a loop. */
export const pauseMs: ArgumentType = {
  expected: 'a number of milliseconds above 0',
  fits: (value) => Number.isFinite(value) && Number(value) > 0,
};
/** Of whatever realm or library. */
export const signal: ArgumentType = {
  expected: 'an AbortSignal',
  fits: (value) =>
    isObject(value) &&
    typeof value.aborted === 'boolean' &&
    isFunction(value.addEventListener) &&
    isFunction(value.removeEventListener),
};
export const position: ArgumentType = {
  expected: 'a position ({ epoch, revision, timeline })',
  fits: (value) =>
    isObject(value) &&
    isName(value.epoch) &&
    isCount(value.revision) &&
    (value.timeline === undefined || isName(value.timeline)),
};
export const labels: ArgumentType = {
  expected: `an object of at most ${limits.labelsMax} labels`,
  fits: (value) =>
    isObject(value) &&
    Object.keys(value).length <= limits.labelsMax &&
    Object.keys(value).every(isName),
};
export const array: ArgumentType = { expected: 'an array', fits: Array.isArray };
export const operation: ArgumentType = {
  expected: '{ type: "put", path, value } or { type: "delete", path, recursive }',
  fits: (value) => isObject(value) && (value.type === 'put' || value.type === 'delete'),
};
export const condition: ArgumentType = {
  expected: '{ path, modRevision }, with a whole number from 0',
  fits: (value) => isObject(value) && isCount(value.modRevision),
};

/** One of a few words. */
export function oneOf(words: readonly unknown[]): ArgumentType {
  return { expected: `one of ${words.join(', ')}`, fits: (value) => words.includes(value) };
}
