import type { KeptState } from '../local-api.ts';
import { checksumOf } from './checksum.ts';
import type { SnapshotMedium } from './kept-mirrors.ts';
import { lastLine, linesOf } from './snapshot-text.ts';

/** What pages have. To ask for it throws where a page may keep nothing. */
declare const localStorage: {
  getItem(key: string): string | null;
  setItem(key: string, text: string): void;
  removeItem(key: string): void;
};

/** Snapshots in the local storage of a browser. It writes a row as a whole or not at all. */
export class LocalStorageRows implements SnapshotMedium {
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  nameOf(path: string): string {
    return `the row confer:${this.#name}:${path} of this browser`;
  }

  read(path: string): string | undefined {
    return localStorage.getItem(this.#key(path)) ?? undefined;
  }

  async write(path: string, state: KeptState): Promise<void> {
    const body = [...linesOf(path, state), ''].join('\n');
    localStorage.setItem(this.#key(path), `${body}${lastLine(checksumOf(body))}\n`);
  }

  remove(path: string): void {
    localStorage.removeItem(this.#key(path));
  }

  #key(path: string): string {
    return `confer:${this.#name}:${path}`;
  }
}
