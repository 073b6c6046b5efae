import { hasLoneSurrogate, limits } from '@confer/shared';

/** The type of an argument, checked at run time: in words that go on from "it is", and as a predicate. */
export type ArgumentType = readonly [expected: string, fits: (value: unknown) => boolean];

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
const isFunction = (value: unknown): boolean => typeof value === 'function';

const isName = (value: unknown): boolean =>
  isText(value) && value.length <= limits.nameLengthMax && !hasLoneSurrogate(value);

export const object: ArgumentType = ['an object', isObject];
export const text: ArgumentType = ['a string', isText];
export const flag: ArgumentType = ['true or false', (value) => typeof value === 'boolean'];
export const count: ArgumentType = ['a whole number from 0', isCount];
export const callback: ArgumentType = ['a function', isFunction];
export const name: ArgumentType = [
  `a string of at most ${limits.nameLengthMax} characters`,
  isName,
];
/** A wait may be endless. */
export const durationMs: ArgumentType = [
  'a number of milliseconds from 0',
  (value) => typeof value === 'number' && value >= 0,
];
/** A pause is never nothing: what failed would be tried again in a loop. */
export const pauseMs: ArgumentType = [
  'a number of milliseconds above 0',
  (value) => Number.isFinite(value) && Number(value) > 0,
];
/** Of whatever realm or library. */
export const signal: ArgumentType = [
  'an AbortSignal',
  (value) =>
    isObject(value) &&
    typeof value.aborted === 'boolean' &&
    isFunction(value.addEventListener) &&
    isFunction(value.removeEventListener),
];
export const position: ArgumentType = [
  'a position ({ epoch, revision, timeline })',
  (value) =>
    isObject(value) &&
    isName(value.epoch) &&
    isCount(value.revision) &&
    (value.timeline === undefined || isName(value.timeline)),
];
export const labels: ArgumentType = [
  `an object of at most ${limits.labelsMax} labels`,
  (value) =>
    isObject(value) &&
    Object.keys(value).length <= limits.labelsMax &&
    Object.keys(value).every(isName),
];
export const array: ArgumentType = ['an array', Array.isArray];
export const operation: ArgumentType = [
  '{ type: "put", path, value } or { type: "delete", path, recursive }',
  (value) => isObject(value) && (value.type === 'put' || value.type === 'delete'),
];
export const condition: ArgumentType = [
  '{ path } with one field more',
  (value) => isObject(value) && Object.keys(value).length === 2,
];

/** One of a few words. */
export function oneOf(words: readonly unknown[]): ArgumentType {
  return [`one of ${words.join(', ')}`, (value) => words.includes(value)];
}
