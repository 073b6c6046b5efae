import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
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
const { exports, peerDependencies } = JSON.parse(readFileSync(root + PACKAGE, 'utf8'));
const bundles = Object.values(exports).flatMap(
  ({ browser }) => /^\.\/dist\/([\w-]+)\.bundle\.js$/.exec(browser ?? '')?.[1] ?? [],
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
 * The most that a page has to load, compressed. A ratchet: 12 KiB is the aim. What few pages need is in entries of their
 * own: watches, loops over changes and commits in parts (1.1 kB). Of the rest, not believing a server that breaks the
 * protocol has 2.8 kB, the schema of its messages 2, what was kept on the machine 0.8, messages in pieces 0.15, naming
 * what is wrong with an argument 1, what is said to people over all 2.2, leases, the past and transactions 0.4. Vite
 * builds no more than half a kB beside it: what it builds for has private members, so nothing is put in their place.
 */
export const BUNDLE_GZIP_BYTES_MAX = 21_360;

/** Bundles the client for browsers, unless that was done since its inputs changed. */
export async function bundleClient() {
  const changed = Math.max(...INPUTS.map(changedAt));
  for (const name of bundles) {
    const bundle = bundleOf(name);
    if (!existsSync(root + entryOf(name))) throw new Error(`${entryOf(name)} is missing`);
    const isFresh = existsSync(root + bundle) && changedAt(bundle) > changed;
    if (isFresh) continue;
    mkdirSync(dirname(root + bundle), { recursive: true });
    const code = await minified(entryOf(name));
    if (name !== bundles[0]) requireOfFirst(name, code);
    writeFileSync(root + bundle, code);
  }
}

/** What a bundle takes from the first has to be there: a page would only find out when it loads it. */
function requireOfFirst(name, code) {
  const from = new RegExp(
    `import\\s*\\{([^}]*)\\}\\s*from\\s*["']\\./${bundles[0]}\\.bundle\\.js["']`,
    'g',
  );
  const first = readFileSync(root + bundleOf(bundles[0]), 'utf8');
  const [, exported = ''] = /export\s*\{([^}]*)\}\s*;?\s*$/.exec(first) ?? [];
  const there = exported.split(',').map((one) =>
    one
      .trim()
      .split(/\s+as\s+/)
      .at(-1),
  );
  for (const [, imported] of code.matchAll(from))
    for (const one of imported.split(',')) {
      const [wanted] = one.trim().split(/\s+as\s+/);
      if (!there.includes(wanted))
        throw new Error(`${bundles[0]} has no ${wanted}, which ${name} wants`);
    }
}

const COMMAND = 'cli/dist/main.js';
const COMMAND_ENTRY = 'cli/dist/modules/main.js';
/** Of what is in the bundle and not ours. */
const LICENSES = [
  'cli/node_modules/commander/LICENSE',
  'cli/node_modules/liquidjs/LICENSE',
  'client/node_modules/ws/LICENSE',
];

/**
 * Bundles the command. To find and read a hundred modules takes twice the time that Node needs to start. What a
 * command loads by itself stays apart, and so do libraries that few commands need, and the server.
 *
 * What is the same is not written again, and what is not needed any more stays: a command that runs may load it
 * yet.
 */
export async function bundleCommand() {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [COMMAND_ENTRY],
    outdir: dirname(COMMAND),
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    write: false,
    format: 'esm',
    platform: 'node',
    // Of its two builds the one that begins in half the time, as what is not used of it is left out.
    alias: { liquidjs: `${root}cli/node_modules/liquidjs/dist/liquid.node.mjs` },
    target: 'node20',
    external: ['@confer/server', 'jsonc-parser', 'pino', 'smol-toml', 'yaml'],
    // ws is of the old module system, and asks for what belongs to Node in its way.
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(import.meta.url);",
    },
    logLevel: 'warning',
  });
  // The first is what loads all others, and comes last.
  for (const { path, text } of outputFiles.reverse()) writeChanged(path, text);
  const licenses = LICENSES.map((path) => readFileSync(root + path, 'utf8'));
  writeChanged(`${root}${dirname(COMMAND)}/third-party.txt`, licenses.join('\n'));
  chmodSync(root + COMMAND, 0o755);
}

function writeChanged(path, text) {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** An error is of one class, whichever bundle threw it: the other bundles take it from the first. */
const errorsOfFirst = {
  name: 'errors-of-first',
  setup({ onResolve }) {
    const path = `./${bundles[0]}.bundle.js`;
    onResolve({ filter: /\/errors\.ts$/ }, ({ importer }) =>
      importer.startsWith(`${root}client/src/`) ? { path, external: true } : undefined,
    );
  },
};

/** The first one, and what throws no error of ours and is loaded by itself. */
const STANDALONE = [bundles[0], 'tabs', 'tab-worker'].map(entryOf);

/** What the first one leaves to an entry of its own, and is told where a page loads that. */
const withoutExtras = {
  name: 'without-extras',
  setup({ onLoad }) {
    onLoad({ filter: /\/client\/src\/extras\.ts$/ }, () => ({
      contents: 'export const extras = undefined;',
    }));
  },
};

async function minified(entry) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    write: false,
    minify: true,
    // What is in a module of its own has no names for others to see, and runs as a script, too.
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    // The page brings its own, and there must be one of it.
    external: Object.keys(peerDependencies),
    legalComments: 'none',
    logLevel: 'warning',
    plugins: [
      ...(entry === entryOf(bundles[0]) ? [withoutExtras] : []),
      ...(STANDALONE.includes(entry) ? [] : [errorsOfFirst]),
    ],
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
