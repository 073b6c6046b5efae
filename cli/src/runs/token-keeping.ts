import type { TokenChanges, TokenInfo } from '@confer/client/admin';
import type { Context } from '../context.ts';
import { notFound } from '../failure.ts';
import { formatOf, printData, printResult } from '../output/format.ts';
import { oneLine, table } from '../output/text.ts';
import { withAdministration } from '../rights/administration.ts';
import { grantRows } from '../rights/grants.ts';
import { timeText } from '../rights/times.ts';

const RESULTS = ['table', 'raw', 'json', 'ndjson', 'yaml'] as const;

export async function listTokens(context: Context): Promise<void> {
  const format = formatOf(context, RESULTS);
  const list = await withAdministration(context, ({ tokens }) => tokens.list());
  const { stdout, clock } = context.terminal;
  switch (format) {
    case 'table': {
      const rows = list.tokens.map((token) => cellsOf(token, clock.now()));
      return stdout.write(table([['NAME', 'ID', 'ROLES', 'STATE', 'EXPIRES', 'USED'], ...rows]));
    }
    case 'raw':
      return stdout.write(list.tokens.map(({ name }) => `${name}\n`).join(''));
    case 'ndjson':
      return stdout.write(list.tokens.map((token) => `${JSON.stringify(token)}\n`).join(''));
    default:
      return printData(context, format, list);
  }
}

/** With what its roles give together: what somebody may do should be seen in one place. */
export async function showToken(context: Context, token: string): Promise<void> {
  const format = formatOf(context, ['table', 'json', 'ndjson', 'yaml']);
  const { info, granted } = await withAdministration(context, async ({ tokens, roles }) => {
    const all = (await tokens.list()).tokens;
    const found = all.find(({ id }) => id === token) ?? all.find(({ name }) => name === token);
    if (found === undefined)
      throw notFound(`there is no token ${token}`, `${context.terminal.command} token ls`);
    const held = (await roles.list()).roles.filter(({ name }) => found.roles.includes(name));
    const allow = held.flatMap((role) => role.allow);
    const deny = held.flatMap((role) => role.deny);
    return { info: found, granted: { allow, deny } };
  });
  if (format !== 'table') return printData(context, format, { ...info, ...granted });
  const { name, id, roles, createdAt, createdBy, expiresAt, notBefore, overlapUntil } = info;
  const { note, lastUsed = 'never' } = info;
  const now = context.terminal.clock.now();
  const rows = [
    ['name', name],
    ['id', id],
    ['state', stateOf(info, now)],
    ['roles', roles.join(', ')],
    ...grantRows(granted),
    ['made', `${timeText(createdAt)} by ${oneLine(createdBy)}`],
    ['expires', timeText(expiresAt)],
    ...(notBefore === undefined ? [] : [['not before', timeText(notBefore)]]),
    ...(overlapUntil === undefined ? [] : [['old secret until', timeText(overlapUntil)]]),
    ['last used', lastUsed],
    ...(note === undefined ? [] : [['note', oneLine(note)]]),
  ];
  await context.terminal.stdout.write(table(rows));
}

export function disableToken(context: Context, token: string): Promise<void> {
  return change(context, token, { disabled: true }, 'is disabled, and its connections are ended');
}

export function enableToken(context: Context, token: string): Promise<void> {
  return change(context, token, { disabled: false }, 'is good again');
}

export async function removeToken(context: Context, token: string): Promise<void> {
  const format = formatOf(context, RESULTS);
  const { revision } = await withAdministration(context, ({ tokens }) => tokens.remove(token));
  const text = `token ${token} is removed, and its connections are ended, from revision ${revision}`;
  await printResult(context, format, { text, raw: revision, data: { token, revision } });
}

async function change(
  context: Context,
  token: string,
  changes: TokenChanges,
  what: string,
): Promise<void> {
  const format = formatOf(context, RESULTS);
  const { revision } = await withAdministration(context, ({ tokens }) =>
    tokens.update(token, changes),
  );
  const text = `token ${token} ${what}, from revision ${revision}`;
  await printResult(context, format, { text, raw: revision, data: { token, revision } });
}

const ROLES_LENGTH_MAX = 30;

function cellsOf(info: TokenInfo, now: number): string[] {
  const { name, id, roles, expiresAt, lastUsed = '-' } = info;
  const names = oneLine(roles.join(','), ROLES_LENGTH_MAX);
  return [name, id, names, stateOf(info, now), timeText(expiresAt), lastUsed];
}

/** By the clock of this machine. */
function stateOf({ disabled, expiresAt, notBefore = 0 }: TokenInfo, now: number): string {
  if (disabled === true) return 'disabled';
  if (expiresAt !== null && expiresAt <= now) return 'expired';
  return notBefore > now ? 'not yet' : 'good';
}
