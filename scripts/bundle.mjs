import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { minify } from 'terser';
import { root } from './run.mjs';

const ENTRY = 'client/src/browser.ts';
const BUNDLE = 'client/dist/browser.bundle.js';
/** What ends up in the bundle, or decides what does. The lock file stands for the libraries. */
const INPUTS = [
  'client/src',
  'client/package.json',
  'shared/package.json',
  'shared/dist',
  'pnpm-lock.yaml',
  'scripts',
];

/**
 * The most that a page has to load, compressed. A ratchet: 12 KiB is the aim, and this goes up for what a
 * client has to do for itself alone. Of late: not believing a server that breaks the
 * protocol (2.2 kB), naming what is wrong with an argument (1.1 kB), commits in parts (0.4 kB).
 */
export const BUNDLE_GZIP_BYTES_MAX = 19_750;

/** Bundles the client for browsers, unless that was done since its inputs changed. */
export async function bundleClient() {
  if (!existsSync(root + ENTRY)) throw new Error(`${ENTRY} is missing`);
  const isFresh =
    existsSync(root + BUNDLE) && changedAt(BUNDLE) > Math.max(...INPUTS.map(changedAt));
  if (isFresh) return;
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [ENTRY],
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
  mkdirSync(dirname(root + BUNDLE), { recursive: true });
  writeFileSync(root + BUNDLE, code);
}

export function bundleGzipBytes() {
  return gzipSync(readFileSync(root + BUNDLE), { level: 9 }).length;
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
