import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

const SOURCES = fileURLToPath(new URL('./shim/', import.meta.url));
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
  const directory = mkdtempSync(join(tmpdir(), 'confer-shim-'));
  afterAll(() => rmSync(directory, { recursive: true }));
  const library = join(directory, 'shim.so');
  const sources = readdirSync(SOURCES).filter((name) => name.endsWith('.c'));
  const { status, stderr } = spawnSync(
    'cc',
    [
      ...['-shared', '-fPIC', '-O1', '-Wall', '-Wextra', '-Werror', '-fvisibility=hidden'],
      ...['-o', library, ...sources.map((name) => join(SOURCES, name)), '-ldl', '-lpthread'],
    ],
    { encoding: 'utf8', timeout: COMPILE_MS_MAX },
  );
  if (status !== 0) throw new Error(`the shim does not compile:\n${stderr}`);
  return { library, when: 'where cc and glibc are' };
}

/** Compiled once for each file of tests, and gone after them. */
export const shim: Shim = compile();
