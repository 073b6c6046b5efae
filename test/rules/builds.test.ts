import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { allSources, PACKAGES, productSources } from './source.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The files that the compiler takes for a package, relative to the root. */
function compiledBy(name: string): string[] {
  const { config } = ts.readConfigFile(`${ROOT}${name}/tsconfig.json`, ts.sys.readFile);
  const { fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT + name);
  return fileNames.map((path) => posix.relative(ROOT, path)).sort();
}

describe('the compiler', () => {
  it.each(PACKAGES)('builds of %s what is shipped, and no tests', (name) => {
    const shipped = productSources().filter((source) => source.package === name);
    expect(compiledBy(name)).toEqual(shipped.map(({ path }) => path).sort());
  });

  it('checks every test', () => {
    const checked = [...compiledBy('test'), ...compiledBy('bench')];
    const tests = allSources().filter(({ isTest }) => isTest);
    expect(tests.filter(({ path }) => !checked.includes(path)).map(({ path }) => path)).toEqual([]);
  });
});
