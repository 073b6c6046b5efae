import { ConferError } from '../errors.ts';
import {
  signal as abortSignal,
  array,
  durationMs,
  isObject,
  object,
} from '../validation/argument-types.ts';
import { checkArgument, checkOptions, checkSubtree } from '../validation/arguments.ts';
import type { ConfigOptions } from './api.ts';
import { shareWith } from './immutable.ts';

/** A layer is one more mirror; more than these are a mistake. */
const LAYERS_MAX = 16;

/** @throws {ConferError} `invalid_argument`, `invalid_path`. */
export function checkConfig(path: string, schema: unknown, options: ConfigOptions): void {
  checkSubtree(path);
  checkSchema(schema);
  checkOptions(options, { layers: array, debounce: object, signal: abortSignal });
  checkData('options.defaults', options.defaults);
  checkData('options.bootstrap', options.bootstrap);
  const { layers = [], debounce } = options;
  for (const layer of layers) checkSubtree(layer);
  if (layers.length >= LAYERS_MAX || new Set([path, ...layers]).size <= layers.length)
    throw new ConferError(
      'invalid_argument',
      `options.layers are at most ${LAYERS_MAX - 1} subtrees, none of them twice`,
    );
  if (debounce === undefined) return;
  checkArgument('options.debounce.minMs', debounce.minMs, durationMs);
  checkArgument('options.debounce.maxMs', debounce.maxMs, durationMs);
  if (debounce.maxMs < debounce.minMs)
    throw new ConferError('invalid_argument', 'options.debounce.maxMs is minMs at least');
}

function checkData(name: string, data: unknown): void {
  try {
    shareWith(undefined, data);
  } catch (error) {
    throw new ConferError('invalid_argument', `${name} is data that can be frozen`, {
      cause: error,
    });
  }
}

/** Some libraries have schemas that are functions. */
function checkSchema(schema: unknown): void {
  const isHolder = isObject(schema) || typeof schema === 'function';
  const standard: unknown = isHolder && '~standard' in schema ? schema['~standard'] : undefined;
  if (isObject(standard) && standard.version === 1 && typeof standard.validate === 'function')
    return;
  throw new ConferError(
    'invalid_argument',
    'a schema is one of a library that keeps to Standard Schema: zod, valibot, arktype, ...',
  );
}
