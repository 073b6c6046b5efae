import type { Timer } from '@confer/shared';
import type { Context } from '../context.ts';

/** Nobody wonders about what is done within a second. */
const PATIENCE_MS = 1_000;
const LINE_EVERY_MS = 5_000;
const REDRAW_EVERY_MS = 100;

/** Tells on stderr what takes long: one line that changes on a terminal, plain lines elsewhere. */
export class Progress {
  readonly #context: Context;
  readonly #startedAt: number;
  #timer: Timer;
  #text = '';
  #drawnAt = 0;
  #drawn = '';

  constructor(context: Context) {
    this.#context = context;
    this.#startedAt = context.terminal.clock.now();
    this.#timer = this.#lookLater();
  }

  /** Says what is being done now. */
  tell(text: string): void {
    this.#text = text;
    this.#draw();
  }

  /** Clears the line. Call it before anything else is printed. */
  end(): void {
    this.#timer.cancel();
    const { stderr } = this.#context.terminal;
    if (this.#drawn !== '' && stderr.isTty) stderr.write('\r\u001b[K');
    this.#drawn = '';
  }

  #lookLater(): Timer {
    return this.#context.terminal.clock.setTimer(PATIENCE_MS, () => {
      this.#draw();
      this.#timer = this.#lookLater();
    });
  }

  #draw(): void {
    const { terminal, settings } = this.#context;
    const now = terminal.clock.now();
    const every = terminal.stderr.isTty ? REDRAW_EVERY_MS : LINE_EVERY_MS;
    if (settings.quiet || this.#text === this.#drawn) return;
    if (now - this.#startedAt < PATIENCE_MS || now - this.#drawnAt < every) return;
    this.#drawnAt = now;
    this.#drawn = this.#text;
    terminal.stderr.write(terminal.stderr.isTty ? `\r\u001b[K${this.#text}` : `${this.#text}\n`);
  }
}
