import { describe, expect, it } from 'vitest';
import { filesBelow, readText } from './source.ts';

/** Files that hold text, by their name. */
const TEXT = /(\.(ts|mjs|js|json|jsonc|md|yaml|yml|toml|sh|html|css|txt|env)|\/?\.[a-z]+|LICENSE)$/;
/** Directories that exist on the machine of whoever wrote the line, after no other path. */
const MACHINE = /(?<![\w./-])\/(home|Users|root|work)\/[\w.-]+|\b[A-Z]:\\Users\\/;
/** A package registry by its host: which one is used is for each machine to say. */
const REGISTRY =
  /https?:\/\/[\w.@:-]*(registry|artifactory|jfrog|nexus|verdaccio)|^\s*(@[\w-]+:)?registry\s*=/;
const LINK_TO_TARBALL = /\btarball:\s*http/;

function textProblems(path: string, text: string): string[] {
  return text.split('\n').flatMap((line, i) => {
    const place = `${path}:${i + 1}`;
    if (MACHINE.test(line)) return [`${place} names a directory of one machine`];
    if (REGISTRY.test(line) || LINK_TO_TARBALL.test(line))
      return [`${place} names a package registry`];
    return [];
  });
}

describe('the texts of the repository', () => {
  it('name neither directories of a machine nor a package registry', () => {
    const files = filesBelow().filter((path) => TEXT.test(path) && !path.startsWith('test/rules/'));
    expect(files).toContain('package.json');
    expect(files).toContain('pnpm-lock.yaml');
    expect(files.flatMap((path) => textProblems(path, readText(path)))).toEqual([]);
  });

  it.each([
    'cd /home/me/confer',
    '"path": "/Users/me/confer"',
    'see /work/notes.md',
    'C:\\Users\\me',
    'registry=https://npm.example',
    '@confer:registry = https://npm.example',
    'resolved https://registry.npmjs.org/ws',
    'https://me:secret@nexus.example/repository',
    '  resolution: {tarball: https://example.org/a.tgz}',
  ])('would be seen to in %j', (line) => {
    expect(textProblems('a.md', line)).toHaveLength(1);
  });

  it.each(['/shop/home/page', './root/x', 'https://example.org/home/me', 'the registry', '/home'])(
    'are not seen to in %j',
    (line) => {
      expect(textProblems('a.md', line)).toEqual([]);
    },
  );
});
