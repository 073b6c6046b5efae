import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { confer } from '../support/process.ts';
import { scratchDirectory } from '../support/scratch.ts';

const CHART = fileURLToPath(new URL('../../deploy/helm/confer/', import.meta.url));
const hasHelm = spawnSync('helm', ['version']).status === 0;

type Tree = Readonly<Record<string, unknown>>;
const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The names of all values: `image.tag`; an empty map may have anything in it. */
function namesOf(values: Tree, prefix = ''): string[] {
  return Object.entries(values).flatMap(([name, value]) =>
    isTree(value) && Object.keys(value).length > 0
      ? namesOf(value, `${prefix}${name}.`)
      : [`${prefix}${name}`],
  );
}

/** The same of a schema. */
function schemaNamesOf({ properties }: Tree, prefix = ''): string[] {
  if (!isTree(properties)) return [];
  return Object.entries(properties).flatMap(([name, schema]) =>
    isTree(schema) && isTree(schema.properties)
      ? schemaNamesOf(schema, `${prefix}${name}.`)
      : [`${prefix}${name}`],
  );
}

/** What anybody may put there, and what is a map of its own. */
const FREE = ['resources'];

describe('the Helm chart', () => {
  const values: Tree = parse(readFileSync(join(CHART, 'values.yaml'), 'utf8'));
  const schema: Tree = JSON.parse(readFileSync(join(CHART, 'values.schema.json'), 'utf8'));
  const templates = readdirSync(join(CHART, 'templates'))
    .map((name) => readFileSync(join(CHART, 'templates', name), 'utf8'))
    .join('\n');
  const names = namesOf(values).map((name) => FREE.find((free) => name.startsWith(free)) ?? name);

  it('has a schema of just what it can be told', () => {
    const described = schemaNamesOf(schema).filter((name) => name !== 'global');
    expect(described.sort()).toEqual([...new Set(names)].sort());
  });

  it('uses all that it can be told, and nothing else', () => {
    const used = new Set(templates.match(/(?<=\.Values\.)[A-Za-z.]*[A-Za-z]/g));
    expect([...used].sort()).toEqual([...new Set(names)].sort());
  });
});

describe.skipIf(!hasHelm)('the Helm chart (where helm is installed)', () => {
  const scratch = scratchDirectory();
  const helm = (...args: readonly string[]) => spawnSync('helm', args, { encoding: 'utf8' });
  const render = (values: Tree) => {
    const file = join(scratch.path, 'values.json');
    writeFileSync(file, JSON.stringify(values));
    const rendered = helm('template', 'shop', CHART, '--namespace', 'prod', '--values', file);
    const documents = parseAllDocuments(rendered.stdout).map((each) => each.toJS());
    return { ...rendered, documents: documents.filter(isTree) };
  };

  it('is well, says helm', () => {
    expect(helm('lint', '--strict', CHART, '--set', 'insecure=true')).toMatchObject({ status: 0 });
  });

  it('opens a server to nobody who did not say so', () => {
    expect(render({})).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('auth.existingSecret'),
    });
    const known = { auth: { existingSecret: 'x' } };
    expect(render(known)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('tls.existingSecret'),
    });
    expect(render({ ...known, trustedProxies: ['10.0.0.0/8'] }).status).toBe(0);
  });

  it.each([
    ['one server', { insecure: true }, 'StatefulSet'],
    [
      'gateways',
      { insecure: true, engine: 'etcd', etcd: { urls: ['http://e:2379'] } },
      'Deployment',
    ],
  ])('has settings for %s that it takes', async (_, told, kind) => {
    const { documents, status } = render(told);
    expect(status).toBe(0);
    expect(documents.map((each) => each.kind)).toContain(kind);
    const data = documents.find((each) => each.kind === 'ConfigMap')?.data;
    const file = join(scratch.path, 'confer.yaml');
    writeFileSync(file, isTree(data) ? String(data['confer.yaml']) : '');
    expect(await confer(['serve', '--config', file, '--check-config'])).toMatchObject({ code: 0 });
  });
});
