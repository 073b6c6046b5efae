import { subtreeArgument } from '../arguments.ts';
import type { Context } from '../context.ts';
import { exitCodes, Failure } from '../failure.ts';
import { formatOf, printData } from '../output/format.ts';
import { oneLine, table } from '../output/text.ts';
import { withAdministration } from '../rights/administration.ts';
import { grantRows, verbArgument } from '../rights/grants.ts';
import { timeText } from '../rights/times.ts';

/** Prints whether somebody may do something, and the rule that decides; ends with 5 where they may not. */
export async function checkRight(
  context: Context,
  principal: string,
  verbText: string,
  pathText: string,
): Promise<void> {
  const format = formatOf(context, ['table', 'json', 'ndjson', 'yaml']);
  const question = { principal, verb: verbArgument(verbText), path: subtreeArgument(pathText) };
  const answer = await withAdministration(context, (administration) =>
    administration.checkRight(question),
  );
  const { allowed, rule } = answer;
  const text = `${allowed ? 'allowed' : 'denied'}: ${oneLine(rule)}\n`;
  if (format === 'table') await context.terminal.stdout.write(text);
  else await printData(context, format, { ...question, ...answer });
  if (!allowed) throw new Failure(exitCodes.refused, 'denied', []);
}

export async function whoami(context: Context): Promise<void> {
  const format = formatOf(context, ['table', 'json', 'ndjson', 'yaml']);
  const identity = await withAdministration(context, (administration) => administration.whoami());
  if (format !== 'table') return printData(context, format, identity);
  const { principal, kind, roles, expiresAt } = identity;
  const rows = [
    ['principal', oneLine(principal)],
    ['kind', kind === 'anyone' ? 'anyone: this server asks nobody who they are' : kind],
    ...(roles.length === 0 ? [] : [['roles', roles.join(', ')]]),
    ...grantRows(identity),
    ...(identity.within ?? []).flatMap((limit) => grantRows(limit, 'within ')),
    ...(expiresAt === undefined ? [] : [['expires', timeText(expiresAt)]]),
  ];
  await context.terminal.stdout.write(table(rows));
}
