/** The configuration of all tests, with the sources of `CONFER_MUTANT` in place of those on disk. */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import config from '../../vitest.config.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const sources = JSON.parse(readFileSync(process.env.CONFER_MUTANT, 'utf8'));

export default {
  ...config,
  root,
  plugins: [
    {
      name: 'mutant',
      enforce: 'pre',
      load: (id) => sources[relative(root, id.split('?')[0]).replaceAll('\\', '/')],
    },
  ],
};
