/** A message of the protocol, of which the worker reads no more than it needs to pass it on. */
export type Frame = Readonly<Record<string, unknown>>;

/** Whoever gets it in the end looks at the rest, as of a connection of its own. */
export function readFrame(text: string): Frame | undefined {
  try {
    const frame: unknown = JSON.parse(text);
    const isFrame = typeof frame === 'object' && frame !== null && !Array.isArray(frame);
    return isFrame ? { ...frame } : undefined;
  } catch {
    return undefined;
  }
}

/** A field where it is a whole number from 0. */
export function countIn(frame: Frame, field: string): number | undefined {
  const value = frame[field];
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

export function textIn(frame: Frame, field: string): string | undefined {
  const value = frame[field];
  return typeof value === 'string' ? value : undefined;
}
