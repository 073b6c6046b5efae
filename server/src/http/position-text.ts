import { limits, type Position } from '@confer/shared';

/** Names of histories have letters, digits, `_` and `-`, so that a point parts them from the rest. */
const POSITION = /^([\w-]+)\.(\d{1,16})(?:\.([\w-]+))?$/;

/**
 * A position as a line of text, for headers and parameters, and the `id:` of events: `EPOCH.REVISION.TIMELINE`, the
 * timeline only where the server has named one.
 */
export function positionText({ epoch, revision, timeline }: Position): string {
  return `${epoch}.${revision}${timeline === undefined ? '' : `.${timeline}`}`;
}

/** The position that a text is; `undefined` where it is none. */
export function positionOf(text: string): Position | undefined {
  const [, epoch, digits, timeline] = POSITION.exec(text) ?? [];
  if (epoch === undefined || epoch.length > limits.nameLengthMax) return undefined;
  if (timeline !== undefined && timeline.length > limits.nameLengthMax) return undefined;
  const revision = Number(digits);
  if (!Number.isSafeInteger(revision)) return undefined;
  return { epoch, revision, ...(timeline === undefined ? {} : { timeline }) };
}
