/** `warn`: it works, and somebody should know. `FAIL`: it does not work. */
export type Level = 'ok' | 'warn' | 'FAIL';

/** One line of the doctor. It never holds a secret. */
export interface Finding {
  readonly level: Level;
  readonly what: string;
  readonly text: string;
  /** What to do about it. */
  readonly advice?: string;
  /** For programs. */
  readonly facts?: Readonly<Record<string, unknown>>;
}

export function ok(what: string, text: string, facts?: Finding['facts']): Finding {
  return { level: 'ok', what, text, ...(facts && { facts }) };
}

export function warn(
  what: string,
  text: string,
  advice: string,
  facts?: Finding['facts'],
): Finding {
  return { level: 'warn', what, text, advice, ...(facts && { facts }) };
}

export function fail(
  what: string,
  text: string,
  advice: string,
  facts?: Finding['facts'],
): Finding {
  return { level: 'FAIL', what, text, advice, ...(facts && { facts }) };
}
