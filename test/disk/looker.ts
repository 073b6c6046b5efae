import { Program } from '../support/process.ts';

/** A process of its own that opens what it is told of, as a broken store may be the end of it. */
export class Looker {
  readonly #program: Program;
  #from = 0;

  constructor(script: string, task: string) {
    this.#program = new Program(script, [task]);
  }

  /** What it says of a directory: JSON. */
  async look(directory: string): Promise<unknown> {
    this.#program.write(`${directory}\n`);
    const line = await this.#program.saw(({ stdout, stderr, child }) => {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`it ended with ${child.exitCode ?? child.signalCode}: ${stderr}`);
      const end = stdout.indexOf('\n', this.#from);
      return end === -1 ? undefined : stdout.slice(this.#from, end);
    });
    this.#from += line.length + 1;
    return JSON.parse(line);
  }

  async end(): Promise<void> {
    await this.#program.kill();
  }
}
