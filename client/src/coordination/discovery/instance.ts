import { limits } from '@confer/shared';
import { ConferError } from '../../errors.ts';
import { type ArgumentType, isObject, text } from '../../validation/argument-types.ts';
import { checkArgument } from '../../validation/arguments.ts';
import type { Instance, InstanceState, InstanceUpdate } from './api.ts';

const ADDRESS_LENGTH_MAX = 255;
const WEIGHT_MAX = 1_000;
/** An instance takes a few kB at most; what is longer is none, and is not read. */
const VALUE_LENGTH_MAX = 16_384;
const REASON_LENGTH_MAX = 300;

const states: readonly InstanceState[] = ['healthy', 'unhealthy', 'draining'];

const isShort = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= limits.nameLengthMax;

/** An address ends up in configuration files and command lines, where it must not say more than where. */
const ADDRESS = /^[^\s\p{Cc};{}"'`\\$<>|]+$/u;

function isAddress(value: unknown): value is string {
  return typeof value === 'string' && value.length <= ADDRESS_LENGTH_MAX && ADDRESS.test(value);
}

function isWeight(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= WEIGHT_MAX;
}

function isLabels(value: unknown): value is Readonly<Record<string, string>> {
  if (!isObject(value)) return false;
  const entries = Object.entries(value);
  return entries.length <= limits.labelsMax && entries.flat().every(isShort);
}

function isState(value: unknown): value is InstanceState {
  return states.some((state) => state === value);
}

const address: ArgumentType = [
  `1 to ${ADDRESS_LENGTH_MAX} characters, without spaces, quotes and any of ; { } $ \\ < > |`,
  isAddress,
];
const weight: ArgumentType = [`a whole number from 0 to ${WEIGHT_MAX}`, isWeight];
const labels: ArgumentType = [
  `an object of at most ${limits.labelsMax} strings, with names and values of at most ${limits.nameLengthMax} characters`,
  isLabels,
];

/** Says what is wrong with what an instance says of itself, before it is sent. */
export function checkUpdate(update: InstanceUpdate): void {
  if (update.address !== undefined) checkArgument('address', update.address, address);
  if (update.weight !== undefined) checkArgument('weight', update.weight, weight);
  if (update.labels !== undefined) checkArgument('labels', update.labels, labels);
}

/** What it says of itself, with what is new. */
export function updated(instance: Instance, { address, weight, labels }: InstanceUpdate): Instance {
  return {
    ...instance,
    ...(address !== undefined && { address }),
    ...(weight !== undefined && { weight }),
    ...(labels !== undefined && { labels: { ...labels } }),
  };
}

/** The beginning of a reason that is too long says enough. */
export function reasonOf(reason: string | undefined): { readonly reason?: string } {
  if (reason === undefined || reason === '') return {};
  checkArgument('a reason', reason, text);
  if (reason.length <= REASON_LENGTH_MAX) return { reason };
  throw new ConferError('invalid_argument', `a reason has at most ${REASON_LENGTH_MAX} characters`);
}

/** What its entry holds. */
export function entryValueOf({ id: _, ...instance }: Instance): string {
  return JSON.stringify(instance);
}

/** The instance of an entry, or what is wrong with that. Weight, labels and state need not be said by who writes by hand. */
export function readInstance(id: string, value: string): Instance | { readonly problem: string } {
  if (value.length > VALUE_LENGTH_MAX)
    return { problem: `has more than ${VALUE_LENGTH_MAX} characters` };
  const data = parsed(value);
  if (!isObject(data)) return { problem: 'is no JSON object' };
  const { address, weight = 1, labels = {}, state = 'healthy', reason } = data;
  if (!isAddress(address)) return { problem: 'has no address' };
  if (!isWeight(weight)) return { problem: `has a weight that is none from 0 to ${WEIGHT_MAX}` };
  if (!isLabels(labels)) return { problem: 'has labels that are none' };
  if (!isState(state)) return { problem: `has a state that is none of ${states.join(', ')}` };
  const instance = { id, address, weight, labels: Object.freeze({ ...labels }), state };
  return Object.freeze(typeof reason === 'string' ? { ...instance, reason } : instance);
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}
