import type { Log, LogLevel } from '@confer/server';
import { withoutSecrets } from '../serving/shown.ts';
import type { Terminal } from '../terminal.ts';
import { isSaid, type Line } from './line.ts';
import { Sampling } from './sampling.ts';

/**
 * What waits for a reader that does not read. A pipe takes 64 KiB, the rest is memory; a line beyond that is lost, and
 * the server neither waits nor grows.
 */
export const BACKLOG_BYTES_MAX = 1024 * 1024;

/** More than any stack has; what a stranger sent may be in it. */
const TEXT_LENGTH_MAX = 4_096;

export type LogFormat = 'json' | 'text';

/** The log of a server, on stderr: sampled, without secrets, and never in the way of anything. */
export class ServerLog {
  readonly #stderr: Terminal['stderr'];
  readonly #sampling: Sampling;
  readonly #write: (line: Line) => void;
  #level: LogLevel;
  #lost = 0;

  private constructor(
    { stderr, clock }: Pick<Terminal, 'stderr' | 'clock'>,
    level: LogLevel,
    write: (line: Line) => void,
  ) {
    this.#stderr = stderr;
    this.#level = level;
    this.#write = write;
    this.#sampling = new Sampling(clock, (line) => this.#say(line));
  }

  static async open(
    terminal: Pick<Terminal, 'stderr' | 'clock'>,
    { format, level }: { readonly format: LogFormat; readonly level: LogLevel },
  ): Promise<ServerLog> {
    const { stderr, clock } = terminal;
    const now = () => clock.now();
    const write = (text: string) => stderr.write(text);
    if (format === 'text') {
      const { textLines } = await import('./text-lines.ts');
      return new ServerLog(terminal, level, textLines(now, write));
    }
    const { jsonLines } = await import('./json-lines.ts');
    return new ServerLog(terminal, level, jsonLines(now, write));
  }

  /** Takes a line of the server. */
  readonly log: Log = (level, message, fields = {}) => {
    if (isSaid(level, this.#level)) this.#sampling.take({ level, message, fields });
  };

  setLevel(level: LogLevel): void {
    this.#level = level;
  }

  /** Says what was only counted yet: nothing comes after it. */
  close(): void {
    this.#sampling.flush();
  }

  #say({ level, message, fields }: Line): void {
    // safeguard: log-keeps-no-more-for-a-reader-that-stops
    if (this.#stderr.waitingBytes > BACKLOG_BYTES_MAX) {
      this.#lost++;
      return;
    }
    if (this.#lost > 0) {
      const lost = this.#lost;
      this.#lost = 0;
      this.#write({
        level: 'warn',
        message: 'lines of the log are lost: nobody read them',
        fields: { lost },
      });
    }
    const cleaned = Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === 'string' ? cleanedText(value) : value,
    ]);
    this.#write({ level, message: cleanedText(message), fields: Object.fromEntries(cleaned) });
  }
}

function cleanedText(text: string): string {
  if (text.length <= TEXT_LENGTH_MAX) return withoutSecrets(text);
  // Half of a secret looks like none: the word that the end goes through is left out.
  const whole = /^[\s\S]*\s/.exec(text.slice(0, TEXT_LENGTH_MAX))?.[0] ?? '';
  return `${withoutSecrets(whole)}…`;
}
