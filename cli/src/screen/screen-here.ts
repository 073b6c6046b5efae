import { writeSync } from 'node:fs';
import type { Screen } from './screen.ts';

/** The other screen of a terminal, empty; no cursor; what is too wide is cut and not wrapped. */
const TAKE = '\u001b[?1049h\u001b[?25l\u001b[?7l\u001b[H\u001b[2J';
const GIVE_BACK = '\u001b[?7h\u001b[?25h\u001b[?1049l';
const CTRL_Z = '\u001a';
/** What arrow keys and their like send. A terminal sends it in one piece. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it begins with one
const SEQUENCES = /\u001b(?:\[[0-?]*[ -/]*[@-~]?|O.?|.?)/gsu;
/** Where a terminal does not say how large it is. */
const COLUMNS = 80;
const ROWS = 24;
/** They end a process that does not wait for them, and would leave the terminal as it is. */
const ENDINGS = ['SIGHUP', 'SIGQUIT'] as const;

type Process = Pick<NodeJS.Process, 'stdin' | 'stdout' | 'pid' | 'on' | 'off' | 'kill'>;

/**
 * Takes the terminal of this process while `use` runs, and gives it back as it was: at the end, at the end of the
 * process, before a signal that ends it, and while it is suspended. `onTaken` is handed what gives it back at once, for
 * who ends the process past all that.
 */
export async function withScreen<Result>(
  process: Process,
  use: (screen: Screen) => Promise<Result>,
  onTaken: (giveBack: () => void) => void,
): Promise<Result> {
  const screen = new ScreenHere(process);
  onTaken(() => screen.giveBack());
  try {
    return await use(screen);
  } finally {
    screen.end();
    onTaken(() => {});
  }
}

class ScreenHere implements Screen {
  readonly #process: Process;
  #isTaken = false;
  #onKey: (key: string) => void = () => {};
  #onResize: () => void = () => {};
  #onGone: () => void = () => {};

  constructor(process: Process) {
    const { stdin, stdout } = process;
    this.#process = process;
    stdin.setEncoding('utf8');
    stdin.on('data', this.#typed).on('end', this.#gone).on('error', this.#gone);
    stdout.on('resize', this.#resized);
    process.on('exit', this.#exited).on('SIGCONT', this.#continued);
    for (const signal of ENDINGS) process.on(signal, this.#ended);
    this.#take();
  }

  get columns(): number {
    return this.#process.stdout.columns || COLUMNS;
  }

  get rows(): number {
    return this.#process.stdout.rows || ROWS;
  }

  draw(lines: readonly string[]): void {
    if (!this.#isTaken) return;
    const shown = lines.slice(0, this.rows).map((line) => `${line}\u001b[K`);
    this.#process.stdout.write(`\u001b[H${shown.join('\r\n')}\u001b[J`);
  }

  onKey(run: (key: string) => void): void {
    this.#onKey = run;
  }

  onResize(run: () => void): void {
    this.#onResize = run;
  }

  onGone(run: () => void): void {
    this.#onGone = run;
  }

  giveBack(): void {
    if (!this.#isTaken) return;
    this.#isTaken = false;
    try {
      this.#process.stdin.setRawMode(false);
      writeSync(this.#process.stdout.fd, GIVE_BACK);
    } catch {
      // There is no terminal any more that could be given back.
    }
  }

  /** It is nobody's any more. */
  end(): void {
    const { stdin, stdout } = this.#process;
    this.giveBack();
    stdin.off('data', this.#typed).off('end', this.#gone).off('error', this.#gone).pause();
    stdout.off('resize', this.#resized);
    this.#process.off('exit', this.#exited).off('SIGCONT', this.#continued);
    for (const signal of ENDINGS) this.#process.off(signal, this.#ended);
  }

  #take(): void {
    if (this.#isTaken) return;
    this.#isTaken = true;
    this.#process.stdin.setRawMode(true);
    this.#process.stdin.resume();
    this.#process.stdout.write(TAKE);
  }

  readonly #typed = (text: string) => {
    for (const key of text.replace(SEQUENCES, ''))
      if (key === CTRL_Z) this.#suspend();
      else this.#onKey(key);
  };

  #suspend(): void {
    this.giveBack();
    this.#process.kill(this.#process.pid, 'SIGTSTP');
  }

  readonly #continued = () => {
    this.#take();
    this.#onResize();
  };

  readonly #resized = () => this.#onResize();
  readonly #gone = () => this.#onGone();
  readonly #exited = () => this.giveBack();

  readonly #ended = (signal: NodeJS.Signals) => {
    this.giveBack();
    this.#process.off(signal, this.#ended);
    this.#process.kill(this.#process.pid, signal);
  };
}
