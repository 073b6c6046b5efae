import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { minify } from 'terser';
import { root } from './run.mjs';

const PACKAGE = 'client/package.json';
/**
 * What the package offers to browsers, which its `exports` say: each `./dist/NAME.bundle.js` is made of
 * `src/NAME.ts`. The first is all that a page has to load.
 */
const bundles = Object.values(JSON.parse(readFileSync(root + PACKAGE, 'utf8')).exports).flatMap(
  ({ browser }) => /^\.\/dist\/(\w+)\.bundle\.js$/.exec(browser ?? '')?.[1] ?? [],
);
const entryOf = (name) => `client/src/${name}.ts`;
const bundleOf = (name) => `client/dist/${name}.bundle.js`;
/** What ends up in the bundle, or decides what does. The lock file stands for the libraries. */
const INPUTS = [
  'client/src',
  PACKAGE,
  'shared/package.json',
  'shared/dist',
  'pnpm-lock.yaml',
  'scripts',
];

/**
 * The most that a page has to load, compressed. A ratchet: 12 KiB is the aim, and this goes up for what a
 * client has to do for itself alone. Of late: not believing a server that breaks the
 * protocol (2.2 kB), naming what is wrong with an argument (1.1 kB), commits in parts (0.4 kB), a server that
 * says that it is behind (0.1 kB).
 */
export const BUNDLE_GZIP_BYTES_MAX = 19_900;

/** Bundles the client for browsers, unless that was done since its inputs changed. */
export async function bundleClient() {
  const changed = Math.max(...INPUTS.map(changedAt));
  for (const name of bundles) {
    const bundle = bundleOf(name);
    if (!existsSync(root + entryOf(name))) throw new Error(`${entryOf(name)} is missing`);
    const isFresh = existsSync(root + bundle) && changedAt(bundle) > changed;
    if (isFresh) continue;
    mkdirSync(dirname(root + bundle), { recursive: true });
    writeFileSync(root + bundle, await minified(entryOf(name)));
  }
}

const COMMAND = 'cli/dist/main.js';
const COMMAND_ENTRY = 'cli/dist/modules/main.js';
const COMMAND_CHUNKS = 'cli/dist/chunks';

/**
 * Bundles the command, unless that was done since its inputs changed. To find and read a hundred modules takes
 * twice the time that Node needs to start. What a command loads by itself stays apart, and so do libraries that
 * few commands need, and the server.
 */
export async function bundleCommand() {
  const inputs = ['cli/dist/modules', 'client/dist', 'shared/dist', 'pnpm-lock.yaml', 'scripts'];
  const changed = Math.max(...inputs.map(changedAt));
  if (existsSync(root + COMMAND) && statSync(root + COMMAND).mtimeMs > changed) return;
  rmSync(root + COMMAND_CHUNKS, { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints: [COMMAND_ENTRY],
    outdir: dirname(COMMAND),
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['@confer/server', 'jsonc-parser', 'smol-toml', 'yaml'],
    // ws is of the old module system, and asks for what belongs to Node in its way.
    banner: {
      js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
  chmodSync(root + COMMAND, 0o755);
}

async function minified(entry) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    legalComments: 'none',
    logLevel: 'warning',
  });
  // Minified once more: that takes away another 4 %. No getter of the client has an effect, nobody
  // asks a function for its length, and what is compared is compressed better in the order it is in.
  const { code } = await minify(outputFiles[0].text, {
    module: true,
    ecma: 2022,
    compress: { passes: 3, pure_getters: true, keep_fargs: false, lhs_constants: false },
  });
  return code;
}

/** Of the first one, compressed. */
export function bundleGzipBytes() {
  return gzipSync(readFileSync(root + bundleOf(bundles[0])), { level: 9 }).length;
}

/** A folder changes when a file in it does, comes or goes. */
function changedAt(path) {
  const stat = statSync(root + path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(
    stat.mtimeMs,
    ...readdirSync(root + path).map((name) => changedAt(`${path}/${name}`)),
  );
}
