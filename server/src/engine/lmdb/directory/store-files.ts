import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** What lies in the directory of a store. */
export class StoreFiles {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** Everything that is kept. */
  get data(): string {
    return join(this.directory, 'data.mdb');
  }

  /** LMDB's own lock between its readers and its writer. It is made anew by each who opens. */
  get readers(): string {
    return join(this.directory, 'lock.mdb');
  }

  /** What was written last and is not in `data` yet: two files that are written in turn. */
  get log(): readonly [string, string] {
    return [join(this.directory, 'wal-0'), join(this.directory, 'wal-1')];
  }

  /** What is to be found in `data`, so that another one in its place is noticed. */
  get label(): string {
    return join(this.directory, 'confer.json');
  }

  /** Room that is kept back for a full disk. It may be missing. */
  get reserve(): string {
    return join(this.directory, 'reserve');
  }

  /** Where a store is made before it is put in its place. */
  unfinished(id: string): string {
    return join(this.directory, `${UNFINISHED}${id}`);
  }

  /** Of a store whose data are gone: what is only ever made beside them. */
  get leftovers(): string[] {
    return [this.label, ...this.log, this.readers, this.reserve].filter((file) => existsSync(file));
  }

  /** Removes what those left who were broken off while they made a store. */
  clearUnfinished(): void {
    for (const name of readdirSync(this.directory))
      if (isUnfinished(name)) rmSync(join(this.directory, name), { recursive: true, force: true });
  }
}

const UNFINISHED = 'unfinished-';

/** What is left of who was broken off while he made a store. */
export function isUnfinished(name: string): boolean {
  return name.startsWith(UNFINISHED);
}
