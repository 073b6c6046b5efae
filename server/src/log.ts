/** `debug`: what only somebody wants to know who looks for something. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Takes one line of the server's log. Fields never hold values of entries. */
export type Log = (
  level: LogLevel,
  message: string,
  fields?: Readonly<Record<string, string | number>>,
) => void;

/** An unexpected failure, as text for the log. */
export function errorText(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
