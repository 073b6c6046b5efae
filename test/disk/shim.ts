import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCES = fileURLToPath(new URL('./shim/', import.meta.url));
const CACHE = fileURLToPath(new URL('../node_modules/.cache/shim/', import.meta.url));
const COMPILE_MS_MAX = 60_000;

/** The compiled library (see `shim/shim.h`), or why there is none. */
interface Shim {
  readonly library: string | undefined;
  /** For the title of a test that needs it. */
  readonly when: string;
}

function whyNot(): string | undefined {
  if (process.platform !== 'linux') return 'only on Linux';
  if (process.arch !== 'x64' && process.arch !== 'arm64') return 'only on 64 bits';
  const report: { readonly header?: { readonly glibcVersionRuntime?: string } } =
    process.report.getReport();
  if (report.header?.glibcVersionRuntime === undefined) return 'only with glibc';
  return spawnSync('cc', ['--version']).status === 0 ? undefined : 'only where cc is';
}

function compile(): Shim {
  const reason = whyNot();
  if (reason !== undefined) return { library: undefined, when: reason };
  const sources = readdirSync(SOURCES).map((name) => join(SOURCES, name));
  const hash = createHash('sha256').update(process.arch);
  for (const source of sources) hash.update(readFileSync(source));
  mkdirSync(CACHE, { recursive: true });
  const library = join(CACHE, `${hash.digest('hex').slice(0, 16)}.so`);
  if (!existsSync(library))
    build(
      sources.filter((name) => name.endsWith('.c')),
      library,
    );
  return { library, when: 'where cc and glibc are' };
}

/** Another worker may do the same: whoever is last puts the same in the same place. */
function build(sources: readonly string[], library: string): void {
  const own = `${library}.${process.pid}`;
  const options = ['-shared', '-fPIC', '-O1', '-Wall', '-Wextra', '-Werror', '-fvisibility=hidden'];
  const { status, stderr } = spawnSync(
    'cc',
    [...options, '-o', own, ...sources, '-ldl', '-lpthread'],
    { encoding: 'utf8', timeout: COMPILE_MS_MAX },
  );
  if (status !== 0) throw new Error(`the shim does not compile:\n${stderr}`);
  renameSync(own, library);
}

/** Compiled once for as long as its sources stay the same. */
export const shim: Shim = compile();
