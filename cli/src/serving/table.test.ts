import { expect, test } from 'vitest';
import { allSettings, CONFIG } from './table.ts';

/** What Kubernetes may put into the environment of a server, as of a service called confer, or confer-…. */
const OF_KUBERNETES = /_(PORT|SERVICE_HOST|SERVICE_PORT|TCP|UDP|PROTO|ADDR)$/;
const OF_COMMANDS = ['URL', 'CONTEXT', 'CA', 'CERT', 'KEY', 'TOKEN'].map((one) => `CONFER_${one}`);

test('no two settings share a name, a flag or a variable', () => {
  for (const of of ['name', 'flag', 'variable'] as const) {
    const all = allSettings.map((setting) => setting[of]);
    expect(all.filter((one, i) => all.indexOf(one) !== i)).toEqual([]);
  }
  expect(allSettings.map(({ flag }) => flag)).not.toContain(CONFIG.flag);
});

test('no setting is the group of others', () => {
  for (const { name } of allSettings)
    expect(allSettings.filter((one) => one.name.startsWith(`${name}.`))).toEqual([]);
});

test('no variable means something else already', () => {
  const variables = [CONFIG.variable, ...allSettings.map(({ variable }) => variable)];
  expect(variables.filter((one) => OF_KUBERNETES.test(one))).toEqual([]);
  expect(variables.filter((one) => OF_COMMANDS.includes(one))).toEqual([]);
});

test('what counts where nothing is said is of the kind that the setting takes', () => {
  for (const { name, kind, initial } of allSettings)
    if (initial !== undefined) expect([name, kind.read([initial])]).not.toContain(undefined);
});

test('settings of one group stand together, so that a file printed of them has each group once', () => {
  const groups = allSettings.map(({ name }) => name.split('.')[0]);
  const turns = groups.filter((group, i) => group !== groups[i - 1]);
  expect(new Set(turns).size).toBe(turns.length);
});

test('no setting holds a secret: each is in a file of its own', () => {
  const secret = /password|token|secret/;
  expect(
    allSettings
      .map(({ name }) => name)
      .filter((name) => secret.test(name) && !name.endsWith('-file')),
  ).toEqual([]);
});
