import { fieldNames } from './field-names.ts';
import { shapeProblem } from './frame-shape.ts';
import { type DownMessage, downMessage } from './messages/down.ts';
import { type UpMessage, upMessage } from './messages/up.ts';
import { isObject, type Problem, type Schema, take } from './schema.ts';

/** What became of an inbound frame. `id` is there when the frame is a request that can be answered. */
export type Decoded<Message> = { readonly ok: true; readonly message: Message } | Refused;

interface Refused {
  readonly ok: false;
  readonly code: 'bad_message' | 'unknown_type' | 'invalid_message';
  readonly id?: number;
  readonly problem: string;
}

/** Decodes and validates a frame from a client. The only place where a server parses one. */
export function decodeUp(frame: string): Decoded<UpMessage> {
  fieldsUp ??= fieldNames(upMessage);
  const problem = shapeProblem(frame, fieldsUp);
  if (problem !== undefined) return refused('bad_message', problem);
  const json = parseObject(frame);
  const decoded = decode(json, upMessage);
  const id = json?.id;
  return decoded.ok || !isRequestNumber(id) ? decoded : { ...decoded, id };
}

/**
 * Decodes and validates a message that came by another way, without what says which it is: `fields` say that, whatever
 * stands in the text, and `defaults` what the text leaves out.
 */
export function decodeRequest(
  text: string,
  fields: Readonly<Record<string, unknown>>,
  defaults: Readonly<Record<string, unknown>>,
): Decoded<UpMessage> {
  fieldsUp ??= fieldNames(upMessage);
  const problem = shapeProblem(text, fieldsUp);
  if (problem !== undefined) return refused('bad_message', problem);
  const json = parseObject(text);
  return decode(json && { ...defaults, ...json, ...fields }, upMessage);
}

/** The fields that messages from clients have. */
let fieldsUp: ReadonlySet<string> | undefined;

/** Decodes and validates a frame from a server. The only place where a client parses one. */
export function decodeDown(frame: string): Decoded<DownMessage> {
  return decode(parseObject(frame), downMessage);
}

/** A message before it is sent: what is `undefined` is left out of the JSON. */
export type Unsent<Message> = Message extends unknown
  ? { readonly [Key in keyof Message]: Sendable<Message[Key], IsOptional<Message, Key>> }
  : never;

type IsOptional<Message, Key extends keyof Message> =
  Record<never, never> extends Pick<Message, Key> ? true : false;

type Sendable<Value, Optional extends boolean> =
  | (Value extends readonly (infer Item)[] ? readonly Item[] : Value)
  | (Optional extends true ? undefined : never);

/** What is sent was built by typed code, so it is not validated again. */
export function encode(message: Unsent<UpMessage | DownMessage>): string {
  return JSON.stringify(message);
}

const PROBLEM_LENGTH_MAX = 200;

interface Messages<Message> extends Schema<Message> {
  readonly byTag: ReadonlyMap<unknown, unknown>;
}

function decode<Message>(
  json: Record<string, unknown> | undefined,
  messages: Messages<Message>,
): Decoded<Message> {
  if (json === undefined) return refused('bad_message', 'a frame is one JSON object');
  const { type } = json;
  if (typeof type !== 'string') return refused('bad_message', 'a message has a "type"');
  if (!messages.byTag.has(type)) {
    const shown = JSON.stringify(type.slice(0, 40));
    return refused('unknown_type', `there is no message of the type ${shown}`);
  }
  const problem: Problem = { path: [], text: '', hasUnknown: false };
  const message = take(messages, json, problem);
  if (message !== undefined) return { ok: true, message };
  const where = [type, ...problem.path].join('.');
  return refused('invalid_message', excerpt(`${where}: ${problem.text}`));
}

function refused(code: Refused['code'], problem: string): Refused {
  return { ok: false, code, problem };
}

/** A problem quotes what was sent, which may be long and may be cut within a surrogate pair. */
function excerpt(problem: string): string {
  return problem.slice(0, PROBLEM_LENGTH_MAX).replace(/\p{Surrogate}/gu, '\ufffd');
}

function parseObject(frame: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(frame);
    return isObject(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

function isRequestNumber(id: unknown): id is number {
  return typeof id === 'number' && Number.isSafeInteger(id) && id >= 0;
}
