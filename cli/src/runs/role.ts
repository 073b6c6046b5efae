import type { Role } from '@confer/shared';
import type { Context } from '../context.ts';
import { notFound, usageError } from '../failure.ts';
import { formatOf, printData, printResult } from '../output/format.ts';
import { oneLine, table } from '../output/text.ts';
import { withAdministration } from '../rights/administration.ts';
import { grantArgument, grantRows, grantText } from '../rights/grants.ts';

export interface RoleOptions {
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
  readonly note?: string;
}

export async function setRole(
  context: Context,
  name: string,
  { allow = [], deny = [], note }: RoleOptions,
): Promise<void> {
  const format = formatOf(context, ['table', 'raw', 'json', 'ndjson', 'yaml']);
  if (allow.length + deny.length === 0)
    throw usageError('a role says something: give --allow or --deny, as often as needed');
  const grants = {
    allow: allow.map((text) => grantArgument(text, '--allow')),
    deny: deny.map((text) => grantArgument(text, '--deny')),
    ...(note === undefined ? {} : { note }),
  };
  const { revision } = await withAdministration(context, ({ roles }) => roles.set(name, grants));
  const text = `role ${name} holds from revision ${revision}`;
  await printResult(context, format, { text, raw: revision, data: { name, revision } });
}

export async function removeRole(context: Context, name: string): Promise<void> {
  const format = formatOf(context, ['table', 'raw', 'json', 'ndjson', 'yaml']);
  const { revision } = await withAdministration(context, ({ roles }) => roles.remove(name));
  const text = `role ${name} gives nothing any more, from revision ${revision}`;
  await printResult(context, format, { text, raw: revision, data: { name, revision } });
}

export async function showRole(context: Context, name: string): Promise<void> {
  const format = formatOf(context, ['table', 'json', 'ndjson', 'yaml']);
  const { roles } = await withAdministration(context, (administration) =>
    administration.roles.list(),
  );
  const role = roles.find((one) => one.name === name);
  if (role === undefined)
    throw notFound(`there is no role ${name}`, `${context.terminal.command} role ls`);
  if (format !== 'table') return printData(context, format, role);
  const note = role.note === undefined ? [] : [['note', oneLine(role.note)]];
  const rows = [['name', role.name], ...grantRows(role), ...note];
  await context.terminal.stdout.write(table(rows));
}

export async function listRoles(context: Context): Promise<void> {
  const format = formatOf(context, ['table', 'raw', 'json', 'ndjson', 'yaml']);
  const list = await withAdministration(context, ({ roles }) => roles.list());
  const { stdout } = context.terminal;
  switch (format) {
    case 'table':
      return stdout.write(table([['NAME', 'ALLOW', 'DENY', 'NOTE'], ...list.roles.map(cellsOf)]));
    case 'raw':
      return stdout.write(list.roles.map(({ name }) => `${name}\n`).join(''));
    case 'ndjson':
      return stdout.write(list.roles.map((role) => `${JSON.stringify(role)}\n`).join(''));
    default:
      return printData(context, format, list);
  }
}

const CELL_LENGTH_MAX = 40;

function cellsOf({ name, allow, deny, note = '' }: Role): string[] {
  const cell = (text: string) => oneLine(text === '' ? '-' : text, CELL_LENGTH_MAX);
  const grants = (list: Role['allow']) => cell(list.map(grantText).join(' '));
  return [name, grants(allow), grants(deny), cell(note)];
}
