import { type AuditFileName, listFiles } from './audit-file.ts';
import {
  type AuditProblem,
  CHAIN_BEGIN,
  type ChainEnd,
  checkFile,
  problem,
  truncated,
} from './check-file.ts';
import type { AuditHead, AuditLink } from './events.ts';
import type { AuditLine } from './lines.ts';

const CONTRADICTED = 'is not the one whose sum was kept elsewhere';

/** What was found in the directory of an audit. */
export interface VerifiedAudit {
  readonly files: number;
  readonly lines: number;
  /** The last line; missing where there is none. To be kept somewhere else. */
  readonly head?: AuditHead;
  /** The first place where something is wrong. */
  readonly problem?: AuditProblem;
}

/**
 * Looks through all files of an audit, in order: each line has to continue those before it. Heads are what was kept
 * elsewhere; only they tell of lines that were cut off at the end, or of a chain that was made anew as a whole.
 */
export async function verifyFiles(
  directory: string,
  heads: readonly AuditHead[] = [],
): Promise<VerifiedAudit> {
  const { files, foreign } = await listFiles(directory);
  const look = new Look(heads);
  const found = await look.through(directory, files);
  const [stranger] = foreign;
  const problems = [
    found.problem,
    look.problem,
    stranger === undefined
      ? undefined
      : problem({ name: stranger }, 1, 'foreign_file', 'is in no file of an audit'),
  ];
  const first = problems.find((one) => one !== undefined);
  const { link, at } = found.end;
  return {
    files: files.length,
    lines: found.lines,
    ...(at === undefined ? {} : { head: { file: at.file, ...link } }),
    ...(first === undefined ? {} : { problem: first }),
  };
}

interface Found {
  readonly end: ChainEnd;
  readonly lines: number;
  readonly problem?: AuditProblem;
}

/** One way through all files, with what has to be held against what comes up on it. */
class Look {
  readonly #heads: readonly AuditHead[];
  /** The last line of files that are said to have been old enough to go. */
  readonly #removed: AuditLink[] = [];
  /** A line that is not what a head says that it is. */
  problem: AuditProblem | undefined;

  constructor(heads: readonly AuditHead[]) {
    this.#heads = heads;
  }

  async through(directory: string, files: readonly AuditFileName[]): Promise<Found> {
    let end = CHAIN_BEGIN;
    let lines = 0;
    let begin: AuditLink | undefined;
    for (const [i, file] of files.entries()) {
      const isFirst = i === 0 && file.seq > 1;
      const checked = await checkFile(directory, file, end, {
        isFirst,
        onLine: (line, link, number) => {
          if (isFirst && line.prev !== undefined) begin ??= { seq: line.seq - 1, hash: line.prev };
          this.#take(line, link, { name: file.name, number });
        },
      });
      lines += checked.lines;
      end = checked.end;
      const found = checked.problem ?? (checked.isTorn ? tornOf(file, checked.lines) : undefined);
      if (found !== undefined) return { end, lines, problem: found };
    }
    const found = this.#beginProblem(files[0], begin) ?? this.#endProblem(end);
    return { end, lines, ...(found === undefined ? {} : { problem: found }) };
  }

  #take(line: AuditLine, link: AuditLink, at: { name: string; number: number }): void {
    // safeguard: heads-contradict
    for (const head of this.#heads)
      if (head.seq === link.seq && head.hash !== link.hash)
        this.problem ??= problem(at, at.number, 'edited', CONTRADICTED);
    if (line.event !== 'removed') return;
    const through = line.fields.get('through');
    if (typeof through !== 'object' || through === null) return;
    const { seq, hash } = { seq: undefined, hash: undefined, ...through };
    if (typeof seq === 'number' && typeof hash === 'string') this.#removed.push({ seq, hash });
  }

  /** What is missing at the beginning has to be said to have been removed for its age. */
  #beginProblem(
    first: AuditFileName | undefined,
    begin: AuditLink | undefined,
  ): AuditProblem | undefined {
    if (first === undefined || begin === undefined) return undefined;
    // A process that died while it removed some has left the others.
    const isSaid = this.#removed.some(
      ({ seq, hash }) => seq > begin.seq || (seq === begin.seq && hash === begin.hash),
    );
    // safeguard: beginning-is-missed
    if (isSaid) return undefined;
    const text = `has number ${first.seq}, and nothing says that what was before it was old enough to go`;
    return problem(first, 1, 'missing_file', text);
  }

  #endProblem({ link, at }: ChainEnd): AuditProblem | undefined {
    const beyond = this.#heads.filter(({ seq }) => seq > link.seq).sort((a, b) => b.seq - a.seq)[0];
    // safeguard: heads-tell-of-an-end-that-is-gone
    if (beyond === undefined) return undefined;
    const file = at?.file ?? beyond.file;
    return {
      file,
      line: (at?.line ?? 0) + 1,
      why: beyond.file > file ? 'missing_file' : 'truncated',
      text: truncated(link.seq + 1, beyond.seq),
    };
  }
}

function tornOf(file: AuditFileName, lines: number): AuditProblem {
  return problem(
    file,
    lines + 1,
    'truncated',
    'is not whole. The last line of all may be so after a crash; the server cuts it off, and says so, when it starts',
  );
}
