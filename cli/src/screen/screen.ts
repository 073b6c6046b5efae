/** The whole of a terminal, in the hands of one command. */
export interface Screen {
  readonly columns: number;
  readonly rows: number;
  /** Shows these lines and nothing else. Each fits, but for characters that are wider than one place. */
  draw(lines: readonly string[]): void;
  /** Has `run` called with each character that is typed; keys that send more than one are left out. */
  onKey(run: (key: string) => void): void;
  /** Has `run` called when the terminal has another size, or is back after it was suspended. */
  onResize(run: () => void): void;
  /** Has `run` called when nobody is at the terminal any more. */
  onGone(run: () => void): void;
}

export const CTRL_C = '\u0003';
