import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Setting } from './setting.ts';
import { allSettings } from './table.ts';

const DOCS = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');
const EXAMPLE = readFileSync(new URL('../../../deploy/confer.yaml', import.meta.url), 'utf8');

/** A row of the table in the documentation. */
function rowOf({
  name,
  flag,
  variable,
  kind,
  initial,
  otherwise,
  reloads,
  help,
}: Setting<unknown>) {
  const takes = kind.placeholder === undefined ? '' : ` ${kind.placeholder}`;
  const choices = kind.choices === undefined ? '' : ` (${kind.choices.join(', ')})`;
  const ways = `\`${name}\`<br>\`--${flag}${takes}\`<br>\`${variable}\``;
  const without = initial === undefined ? (otherwise ?? '') : `\`${initial}\``;
  return `| ${ways} | ${help}${choices} | ${without} | ${reloads ? 'yes' : ''} |`;
}

test('the documentation has each setting, as it is', () => {
  const [, table = ''] = /<!-- settings: .* -->\n\n([\s\S]*)$/.exec(DOCS) ?? [];
  const head = '| in the file, as a flag, in the environment | what it does | default | reloads |';
  expect(table.trimEnd().split('\n')).toEqual([
    head,
    '|---|---|---|---|',
    ...allSettings.map(rowOf),
  ]);
});

test('the example has each setting, and says where some of a part reload', () => {
  const parts = EXAMPLE.split('\n\n').slice(1);
  for (const { name } of allSettings) {
    const [group = '', key = group] = name.split('.');
    const part = parts.find((one) => new RegExp(`^(# )?${group}:`, 'm').test(one)) ?? '';
    expect([name, new RegExp(`^#? *${key}:`, 'm').test(part)]).toEqual([name, true]);
    const those = allSettings.filter((one) =>
      new RegExp(`^#? *${one.name.split('.')[0]}:`, 'm').test(part),
    );
    expect([name, part.includes('(reload)')]).toEqual([name, those.some((one) => one.reloads)]);
  }
});
