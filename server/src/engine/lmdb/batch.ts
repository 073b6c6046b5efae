import type { ProtocolError } from '@confer/shared';
import type { CommitOutcome, MadeCommit } from '../engine.ts';
import type { Pending } from '../pending.ts';
import { type LoggedCommit, type LogRow, ROW_CHARACTERS, rowOfCommits } from './log.ts';

interface Answer {
  readonly to: Pending;
  readonly told: CommitOutcome | ProtocolError;
}

/** What goes to the disk together; told to nobody before it is there. */
export class Batch {
  readonly commits: MadeCommit[] = [];
  readonly answers: Answer[] = [];
  readonly outcomes = new Map<string, CommitOutcome>();
  readonly #rows: LogRow[] = [];
  #small: LoggedCommit[] = [];
  #characters = 0;

  get isEmpty(): boolean {
    return this.answers.length === 0;
  }

  /** `rows` where the commit needs some of its own. */
  add(logged: LoggedCommit, characters: number, rows: readonly LogRow[] | undefined): void {
    this.commits.push(logged.commit);
    this.outcomes.set(logged.requestId, logged.outcome);
    if (rows === undefined && this.#characters + characters <= ROW_CHARACTERS) {
      this.#small.push(logged);
      this.#characters += characters;
      return;
    }
    this.#closeRow();
    if (rows !== undefined) this.#rows.push(...rows);
    else {
      this.#small = [logged];
      this.#characters = characters;
    }
  }

  rows(): readonly LogRow[] {
    this.#closeRow();
    return this.#rows;
  }

  #closeRow(): void {
    if (this.#small.length > 0) this.#rows.push(rowOfCommits(this.#small));
    this.#small = [];
    this.#characters = 0;
  }
}
