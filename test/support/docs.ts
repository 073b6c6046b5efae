import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The JavaScript files that a page shows, by the names that their first lines give them. */
function filesOf(page: string): ReadonlyMap<string, string> {
  const text = readFileSync(join(root, page), 'utf8');
  const blocks = text.matchAll(/^```js\n\/\/ (\S+)\n([\s\S]*?)^```$/gm);
  return new Map([...blocks].map(([, name = '', code = '']) => [name, code]));
}

/** Writes the files of a page into a folder, for as long as `use` takes, and gives their paths. */
export async function withFilesOf(
  page: string,
  use: (paths: readonly string[]) => Promise<void>,
): Promise<void> {
  // Beside the packages of `test`, so that a program finds what a user would have installed.
  const directory = mkdtempSync(join(root, 'test/node_modules/docs-'));
  try {
    const files = [...filesOf(page)];
    writeFileSync(join(directory, 'package.json'), '{"type":"module"}');
    for (const [name, code] of files) writeFileSync(join(directory, name), code);
    await use(files.map(([name]) => join(directory, name)));
  } finally {
    rmSync(directory, { recursive: true });
  }
}
