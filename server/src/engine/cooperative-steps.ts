/** Work that can be interrupted: at each `yield` others may come in. */
export type CooperativeSteps<Result> = Generator<void, Result, void>;

/**
 * About how many rows are handled between two pauses. Judging one, or writing it, takes some
 * microseconds, so a step stays below 8 ms also where the processor is shared.
 */
const STEP_ROWS = 500;

/** A row with a long text costs as much as several short ones. */
const ROW_CHARACTERS = 4_096;

/** Says when work has gone on for long enough. */
export class TimeSlice {
  #left = STEP_ROWS;

  /** Whether it is time to pause, after a row with so many characters of text. */
  isOver(characters = 0): boolean {
    this.#left -= 1 + Math.floor(characters / ROW_CHARACTERS);
    if (this.#left > 0) return false;
    this.#left = STEP_ROWS;
    return true;
  }
}

/**
 * Visits what `scan` gives, from its beginning or after a path, and lets others in between: it is asked anew after
 * each pause.
 */
export function* visitInSteps<Item extends { readonly path: string }>(
  scan: (after: string | undefined) => Iterable<Item>,
  pace: TimeSlice,
  visit: (item: Item) => void,
): CooperativeSteps<void> {
  let after: string | undefined;
  do {
    const start = after;
    after = undefined;
    for (const item of scan(start)) {
      visit(item);
      if (!pace.isOver()) continue;
      after = item.path;
      break;
    }
    if (after !== undefined) yield;
  } while (after !== undefined);
}

/** Does the work without a pause. */
export function atOnce<Result>(steps: CooperativeSteps<Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Does the work step by step, and lets others in between. */
export async function inTurns<Result>(
  steps: CooperativeSteps<Result>,
  defer: (run: () => void) => void,
): Promise<Result> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    await new Promise<void>((resume) => defer(resume));
  }
}
