import type { Clock } from '@confer/shared';
import type { Screen } from './screen/screen.ts';

/** What a command takes from its surroundings, handed in so that tests can be the surroundings. */
export interface Terminal {
  /** Data, and nothing else. Resolves once the reader has taken it. */
  readonly stdout: {
    readonly isTty: boolean;
    readonly columns: number;
    write(data: string | Uint8Array): Promise<void>;
  };
  /** Everything that is no data. */
  readonly stderr: {
    readonly isTty: boolean;
    /** What was written and the reader has not taken yet. */
    readonly waitingBytes: number;
    write(text: string): void;
  };
  readonly stdin: {
    readonly isTty: boolean;
    /** Everything up to its end. */
    read(): Promise<Uint8Array>;
    /** Asks a person for one line. */
    ask(question: string): Promise<string>;
  };
  /** Lets another program have the terminal while `use` runs: then Ctrl-C is for that one. */
  readonly lend: <Result>(use: () => Promise<Result>) => Promise<Result>;
  /** Takes the whole terminal while `use` runs, and gives it back as it was, however this process ends. */
  readonly withScreen: <Result>(use: (screen: Screen) => Promise<Result>) => Promise<Result>;
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How this program was called, for commands that it suggests. */
  readonly command: string;
  /** Who runs it, as it shows in `updatedBy`. */
  readonly user: string;
  /**
   * For what goes on when its terminal is gone: has `run` called each time that somebody asks by SIGHUP for what the
   * files say now. Where there is a terminal, that signal says that it was closed, and asks the command to end. That
   * nobody reads its output any more is no reason to end.
   */
  readonly onHangUp: (run: () => void) => void;
  /** Tells `run` of what nobody expected, right before the process ends because of it. */
  readonly onCrash: (run: (error: unknown) => void) => void;
  /**
   * For what must not end before it has put its things in order: from now on signals do nothing but tell `run`, and an
   * output that nobody reads any more is no reason to end.
   */
  readonly supervise: (run: (signal: NodeJS.Signals) => void) => void;
  /** Aborts with the name of the signal that asks the command to end. */
  readonly signal: AbortSignal;
}
