import { fileURLToPath } from 'node:url';
import { Program } from '../support/process.ts';
import { dataOf } from './expected-config.ts';

const FOLLOWER = fileURLToPath(new URL('./follower.js', import.meta.url));

export interface Reported {
  readonly revision: number;
  readonly origin: string;
  readonly changes: readonly { readonly type: string; readonly path: string }[];
  readonly entries: Readonly<Record<string, string>>;
}

type Line =
  | ({ readonly kind: 'change' } & Reported)
  | { readonly kind: 'ready'; readonly revision: number; readonly entries: Record<string, string> }
  | { readonly kind: 'status'; readonly status: string };

/** A process with a mirror in it. */
export class Follower {
  readonly program: Program;

  constructor(url: string, path: string) {
    this.program = new Program(FOLLOWER, [url, path]);
  }

  get lines(): Line[] {
    const { stdout } = this.program;
    return stdout
      .slice(0, stdout.lastIndexOf('\n') + 1)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  }

  /** What it shows once it has come to `revision`, and what it reported on the way. */
  async reached(
    revision: number,
  ): Promise<{ entries: Map<string, unknown>; reported: Reported[] }> {
    return this.program.saw(() => {
      const shown = this.lines.filter((line) => line.kind !== 'status');
      const last = shown.at(-1);
      if (last === undefined || last.revision < revision) return undefined;
      const entries = new Map(
        Object.entries(last.entries).map(([path, value]) => [path, dataOf(value)]),
      );
      return { entries, reported: shown.filter((line) => line.kind === 'change') };
    }, 60_000);
  }
}
