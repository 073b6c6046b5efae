import { ConferError, ConflictError } from '@confer/client';
import { type Entry, nameOf } from '@confer/shared';
import { subtreeArgument } from '../arguments.ts';
import { canAsk, warnOfProduction } from '../asking.ts';
import type { Step } from '../config-data/plan.ts';
import { withClient } from '../connection.ts';
import { type Context, notice } from '../context.ts';
import { openEditor } from '../edit/editor.ts';
import {
  conflictLines,
  intro,
  problemLines,
  problemText,
  withHeader,
  withoutHeader,
} from '../edit/header.ts';
import { PrivateFile } from '../edit/private-file.ts';
import {
  afterConflicts,
  conflictsOf,
  isBlank,
  isDisagreement,
  readSheet,
  type Sheet,
  type SheetProblem,
  sheetOf,
  stepsOf,
} from '../edit/sheet.ts';
import { declined, exitCodes, Failure, notFound, usageError } from '../failure.ts';
import { formatOf, printResult } from '../output/format.ts';
import { describeSteps } from '../output/plan.ts';
import { counted } from '../output/text.ts';
import { commitSteps, TRANSFER_TIMEOUT_MS } from './apply-source.ts';

export interface EditOptions {
  readonly note?: string;
}

/** More than a person edits, and than most editors take well. */
const TEXT_LENGTH_MAX = 8 * 1024 * 1024;

/** What the server says of a value or a path that can be mended in the editor. */
const MENDABLE = ['reserved_path', 'invalid_path', 'invalid_value', 'too_large', 'forbidden'];

/** Has a person edit a subtree, and saves what they changed as one commit. */
export async function edit(
  context: Context,
  argument: string,
  options: EditOptions,
): Promise<void> {
  const path = subtreeArgument(argument);
  const { terminal, settings } = context;
  if (!settings.yes && !canAsk(terminal))
    throw usageError(
      'edit asks before it saves, and there is no terminal to ask on',
      'add -y to save without being asked; apply and set do without an editor',
    );
  const format = formatOf(context, ['table', 'raw', 'json', 'ndjson', 'yaml']);
  const { entries, revision } = await withClient(context, (client) => client.list(path));
  if (entries.length === 0)
    throw notFound(`there is nothing at or below ${path}`, 'set and apply write what is new');
  const sheet = sheetOf(path, entries);
  if (sheet.text.length > TEXT_LENGTH_MAX)
    throw new Failure(
      exitCodes.invalid,
      'too_large',
      `${path} is ${sheet.text.length} characters of YAML, which is too much to edit`,
      'edit a part of it; or export it, and apply the file',
    );
  const text = withHeader(intro(path, revision), Buffer.from(sheet.text));
  const file = await PrivateFile.make(`${safeName(path)}.yaml`, text);
  const outcome = await keptWhereItFails(context, file, text, () =>
    new Editing(context, options, file).run(sheet, text),
  );
  if (outcome === 'unchanged') return notice(context, 'nothing changed; nothing was written');
  if (outcome === 'emptied')
    return notice(context, `nothing was left; nothing was written (rm -r removes ${path})`);
  const { revision: saved, count } = outcome;
  const said = `saved ${counted(count, 'change')} of ${path} at revision ${saved}`;
  const data = { path, revision: saved, changes: count };
  await printResult(context, format, { text: said, raw: saved, data });
}

interface Saved {
  readonly revision: number;
  readonly count: number;
}

/** One file that goes to the editor and back until it is saved, or somebody gives up. */
class Editing {
  readonly #context: Context;
  readonly #note: string | undefined;
  readonly #file: PrivateFile;

  constructor(context: Context, { note }: EditOptions, file: PrivateFile) {
    this.#context = context;
    this.#note = note;
    this.#file = file;
  }

  async run(first: Sheet, text: Buffer): Promise<Saved | 'unchanged' | 'emptied'> {
    let sheet = first;
    /** As it was handed out; what comes back the same was left alone. */
    let given: Buffer | undefined = text;
    /** Why it was handed out again, for who gives up on it. */
    let failure: Failure | undefined;
    for (;;) {
      await openEditor(this.#context.terminal, this.#file.path);
      const edited = await this.#file.read();
      const isUnchanged = given?.equals(edited) === true;
      if (failure !== undefined && (isUnchanged || isBlank(edited))) throw failure;
      if (isUnchanged) return 'unchanged';
      if (isBlank(edited)) return 'emptied';
      const turn = await this.#turn(sheet, withoutHeader(edited));
      if (turn.kind === 'done') return turn.saved ?? 'unchanged';
      ({ failure, sheet = sheet } = turn);
      const again = withHeader(turn.header, edited);
      await this.#file.write(again);
      if (failure !== undefined && !canAsk(this.#context.terminal)) throw failure;
      // Who only wanted another look is asked again, also where it stayed the same.
      given = failure === undefined ? undefined : again;
    }
  }

  async #turn(sheet: Sheet, bytes: Buffer): Promise<Turn> {
    const read = readSheet(sheet, bytes);
    if ('problem' in read) return problemTurn(read);
    const steps = stepsOf(sheet, read.values);
    if (steps.length === 0) return { kind: 'done', saved: undefined };
    if ((await this.#review(steps)) === 'again') return { kind: 'again', header: [] };
    try {
      const saved = await this.#save(sheet, steps);
      if (saved.kind === 'saved')
        return { kind: 'done', saved: { revision: saved.revision, count: steps.length } };
      return this.#conflictTurn(sheet, steps, saved.now, bytes);
    } catch (error) {
      if (!(error instanceof ConferError) || !MENDABLE.includes(error.code)) throw error;
      return problemTurn({ problem: error.message, line: undefined });
    }
  }

  /** Shows what would be saved, and asks. */
  async #review(steps: readonly Step[]): Promise<'save' | 'again'> {
    const { terminal, settings } = this.#context;
    if (!settings.quiet || !settings.yes)
      terminal.stderr.write(describeSteps({ stdout: terminal.stderr, env: terminal.env }, steps));
    warnOfProduction(this.#context);
    if (settings.yes) return 'save';
    const question = `save ${counted(steps.length, 'change')}? [y/N, e to edit again] `;
    const answer = (await terminal.stdin.ask(question)).trim();
    if (/^e(dit)?$/i.test(answer)) return 'again';
    if (/^y(es)?$/i.test(answer)) return 'save';
    throw declined('nothing was written');
  }

  /** Not over one connection with the reading: an editor may be open for hours. */
  #save(
    { path }: Sheet,
    steps: readonly Step[],
  ): Promise<
    | { readonly kind: 'saved'; readonly revision: number }
    | { readonly kind: 'conflict'; readonly now: readonly Entry[] }
  > {
    const timeoutMs = this.#context.settings.timeoutMs ?? TRANSFER_TIMEOUT_MS;
    return withClient(this.#context, async (client) => {
      try {
        await client.serverStatus();
        const { revision } = await commitSteps(client, steps, { note: this.#note, timeoutMs });
        return { kind: 'saved', revision };
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error;
        return { kind: 'conflict', now: (await client.list(path, { timeoutMs })).entries };
      }
    });
  }

  /** What both came to is settled; of the rest somebody is shown both sides, and decides. */
  #conflictTurn(
    sheet: Sheet,
    steps: readonly Step[],
    now: readonly Entry[],
    bytes: Buffer,
  ): Turn | Promise<Turn> {
    const conflicts = conflictsOf(sheet, steps, now);
    const next = afterConflicts(sheet, conflicts);
    const open = conflicts.filter(isDisagreement);
    if (open.length === 0) return this.#turn(next, bytes);
    const paths = open.map(({ path }) => path).join(', ');
    return {
      kind: 'again',
      header: conflictLines(open),
      sheet: next,
      failure: new Failure(
        exitCodes.conflict,
        'conflict',
        `somebody else changed ${paths} meanwhile; nothing was written`,
      ),
    };
  }
}

/** What comes after the editor: the end, or the editor again. */
type Turn =
  | { readonly kind: 'done'; readonly saved: Saved | undefined }
  | {
      readonly kind: 'again';
      readonly header: readonly string[];
      readonly sheet?: Sheet;
      readonly failure?: Failure;
    };

function problemTurn(problem: SheetProblem): Turn {
  const text = `${problemText(problem)}; nothing was written`;
  return {
    kind: 'again',
    header: problemLines(problem),
    failure: new Failure(exitCodes.invalid, 'invalid_file', text),
  };
}

/** Takes the file away; but where what somebody wrote could not be saved, it stays, and they are told where. */
async function keptWhereItFails<Result>(
  { terminal }: Context,
  file: PrivateFile,
  text: Buffer,
  use: () => Promise<Result>,
): Promise<Result> {
  try {
    const result = await use();
    await file.remove();
    return result;
  } catch (error) {
    const isGivenUp = error instanceof Failure && ['editor', 'declined'].includes(error.code);
    const left = isGivenUp && !terminal.signal.aborted ? text : await file.read().catch(() => text);
    if (left.equals(text) || isBlank(left)) await file.remove();
    else terminal.stderr.write(`what you wrote is kept in ${file.path}\n`);
    throw error;
  }
}

/** Editors show the name, and shells may get it. */
function safeName(path: string): string {
  return (
    nameOf(path)
      .replace(/[^\w.-]/g, '_')
      .replace(/^[.-]+/, '')
      .slice(0, 64) || 'confer'
  );
}
