import { ConferError, type NodeClient } from '@confer/client';
import { administrationOf } from '@confer/client/admin';
import { countArgument } from '../arguments.ts';
import { askedOf, openClient } from '../connection.ts';
import { boundedDuration, type Context } from '../context.ts';
import { Interrupted, usageError } from '../failure.ts';
import { refusalOf } from '../follow/refusal.ts';
import { paletteOf } from '../output/colour.ts';
import { formatOf } from '../output/format.ts';
import { CTRL_C, type Screen } from '../screen/screen.ts';
import { type FrameOptions, frameOf } from '../top/frame.ts';
import { readingOf } from '../top/reading.ts';
import { reportOf } from '../top/report.ts';
import { SORTS, type Sort } from '../top/slowest.ts';
import { type View, views } from '../top/views.ts';

export interface TopOptions {
  readonly interval: string;
  readonly iterations?: string;
  readonly sort: Sort;
}

/** The server answers for every reading: more often is no use to a person, and a load to it. */
const INTERVAL_MS_MIN = 100;
const TIMEOUT_MS = 10_000;
/** How old what is shown is, is counted in seconds. */
const REDRAW_MS = 1_000;
/** For who has no terminal whose width would count. */
const TEXT_COLUMNS = 120;
const TEXT_ROWS = 40;
const KEYS = 'q quit   sort: w waiting  b behind  n name  t time';

export async function top(context: Context, options: TopOptions): Promise<void> {
  const { terminal, settings } = context;
  const format = formatOf(context, ['table', 'ndjson']);
  const intervalMs = boundedDuration(options.interval, '--interval');
  if (intervalMs < INTERVAL_MS_MIN)
    throw usageError(`--interval ${options.interval}: ${INTERVAL_MS_MIN}ms is the shortest`);
  const iterations =
    options.iterations === undefined
      ? Number.POSITIVE_INFINITY
      : countArgument(options.iterations, '--iterations');
  const requestMs = settings.timeoutMs ?? TIMEOUT_MS;
  const client = await openClient(context, { timeouts: { requestMs } });
  await askedOf(context, client, refusalOf(context, client), async () => {
    const seen = viewsOf(context, client, { intervalMs, timeoutMs: requestMs });
    const shown = { client, seen, intervalMs, sort: options.sort };
    if (format === 'table' && options.iterations === undefined && hasScreen(context)) {
      // What fails before there is anything to show is said where it can be read.
      const first = await seen.next();
      await terminal.withScreen((screen) =>
        show(context, { ...shown, first: first.value, screen }),
      );
    } else await print(context, { ...shown, iterations, format });
  });
}

function hasScreen({ terminal }: Context): boolean {
  return terminal.stdout.isTty && terminal.stdin.isTty && terminal.env.TERM !== 'dumb';
}

function viewsOf(
  { terminal }: Context,
  client: NodeClient,
  { intervalMs, timeoutMs }: { readonly intervalMs: number; readonly timeoutMs: number },
): AsyncGenerator<View, never> {
  const { clock, signal } = terminal;
  const administration = administrationOf(client);
  const asked = { client, administration, now: () => clock.now() };
  return views({
    read: () => readingOf(asked, { timeoutMs, signal }),
    now: () => clock.now(),
    pause: () =>
      new Promise<void>((resolve) => {
        const done = () => {
          timer.cancel();
          signal.removeEventListener('abort', done);
          resolve();
        };
        const timer = clock.setTimer(intervalMs, done);
        signal.addEventListener('abort', done);
      }),
    reasonOf(error) {
      const { status } = client;
      if (status.kind === 'waiting') return status.reason;
      if (signal.aborted || status.kind === 'closed' || !isPassing(error)) throw error;
      return error.message;
    },
  });
}

/** Whether another try may do better: a right that is not there is not there at the next one either. */
function isPassing(error: unknown): error is ConferError {
  return error instanceof ConferError && (error.code === 'timeout' || error.code === 'unavailable');
}

interface Shown {
  readonly client: NodeClient;
  readonly seen: AsyncGenerator<View, never>;
  readonly sort: Sort;
  readonly intervalMs: number;
}

async function print(
  context: Context,
  {
    seen,
    iterations,
    format,
    ...shown
  }: Shown & { readonly iterations: number; readonly format: 'table' | 'ndjson' },
): Promise<void> {
  const { stdout } = context.terminal;
  // Rates are of two readings.
  await seen.next();
  for (let left = iterations; left > 0; left--) {
    const { value: view } = await seen.next();
    const size = { columns: TEXT_COLUMNS, rows: TEXT_ROWS, keys: undefined };
    const text =
      format === 'ndjson'
        ? JSON.stringify(reportOf(view, context.settings.url))
        : `${frameOf(view, { ...frameOptions(context, shown), ...size }).join('\n')}\n`;
    await stdout.write(`${text}\n`);
  }
}

/** Until somebody ends it, or the server refuses. */
async function show(
  context: Context,
  { seen, first, screen, ...shown }: Shown & { readonly first: View; readonly screen: Screen },
): Promise<void> {
  const { clock } = context.terminal;
  let view = first;
  let { sort } = shown;
  const draw = () => {
    const { columns, rows } = screen;
    const options = { ...frameOptions(context, { ...shown, sort }), columns, rows, keys: KEYS };
    screen.draw(frameOf(view, options));
  };
  const left = new Promise<'quit' | 'interrupted'>((resolve) => {
    screen.onGone(() => resolve('quit'));
    screen.onKey((key) => {
      if (key === CTRL_C) resolve('interrupted');
      else if (key === 'q') resolve('quit');
      else {
        sort = sortOf(key) ?? sort;
        draw();
      }
    });
  });
  screen.onResize(draw);
  let timer = clock.setTimer(REDRAW_MS, function redraw() {
    draw();
    timer = clock.setTimer(REDRAW_MS, redraw);
  });
  try {
    for (;;) {
      draw();
      const next = await Promise.race([left, seen.next()]);
      if (next === 'interrupted') throw new Interrupted(AbortSignal.abort('SIGINT'));
      if (next === 'quit') return;
      view = next.value;
    }
  } finally {
    timer.cancel();
  }
}

function sortOf(key: string): Sort | undefined {
  return Object.entries(SORTS).find(([each]) => each === key)?.[1];
}

function frameOptions(
  { terminal, settings }: Context,
  { sort, intervalMs, client }: Pick<Shown, 'sort' | 'intervalMs' | 'client'>,
): Omit<FrameOptions, 'columns' | 'rows' | 'keys'> {
  const now = terminal.clock.now();
  const { status } = client;
  const trouble = status.kind === 'waiting' ? status.reason : undefined;
  return { url: settings.url, sort, intervalMs, now, trouble, palette: paletteOf(terminal) };
}
