import type { Context } from '../context.ts';
import { type Explanation, explain, explanations, nearestCode } from '../explanations/explain.ts';
import { exitCodes, Failure } from '../failure.ts';
import { formatOf, printData } from '../output/format.ts';
import { table } from '../output/text.ts';

/** Says what a code means and what to do about it; without one it lists all. */
export async function explainCode(context: Context, code: string | undefined): Promise<void> {
  const format = formatOf(context, ['table', 'json', 'ndjson', 'yaml']);
  const { stdout, command } = context.terminal;
  const known = code === undefined ? explanations() : [explain(code) ?? fail(code, command)];
  if (format !== 'table') return printData(context, format, code === undefined ? known : known[0]);
  await stdout.write(code === undefined ? list(known) : known.map(describe).join(''));
}

function fail(code: string, command: string): never {
  const shown = JSON.stringify(code.slice(0, 80));
  const near = nearestCode(code);
  const hint = near === undefined ? `${command} explain lists all codes` : `did you mean ${near} ?`;
  throw new Failure(exitCodes.notFound, 'unknown_code', `${shown} is no code of Confer`, hint);
}

function describe({
  code,
  kind,
  meaning,
  advice,
  retry,
  closeCode,
  exitCode,
}: Explanation): string {
  return table([
    ['code', `${code} (${kind})`],
    ['meaning', meaning],
    ...(advice === undefined ? [] : [['do', advice]]),
    ...(retry === undefined ? [] : [['retry', retry]]),
    ...(closeCode === undefined ? [] : [['close code', String(closeCode)]]),
    ...(exitCode === undefined ? [] : [['exit code', String(exitCode)]]),
  ]);
}

function list(known: readonly Explanation[]): string {
  const kinds = [...new Set(known.map(({ kind }) => kind))];
  return kinds
    .map((kind) => {
      const rows = known.filter((one) => one.kind === kind);
      return `${kind}:\n${table(rows.map(({ code, meaning }) => [`  ${code}`, meaning]))}`;
    })
    .join('\n');
}
