/** Runs one test of vitest on sources in which a safeguard is off. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mutated } from './safeguards.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const VITEST = join(
  dirname(createRequire(import.meta.url).resolve('vitest/package.json')),
  'vitest.mjs',
);
/** A test waits for what does not come any more. */
const TEST_MS_MAX = 10_000;

/** The title of the first test that notices, or `undefined`. Rejects where no test has that title. */
export async function noticedBy({ file, title }, edits, named, directory, index) {
  const sources = join(directory, `${index}.json`);
  const report = join(directory, `${index}-report.json`);
  writeFileSync(sources, JSON.stringify(Object.fromEntries(mutated(edits, named))));
  const filter = title === '' ? [] : ['-t', title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')];
  const config = fileURLToPath(new URL('vitest.config.mjs', import.meta.url));
  const said = await run(
    [
      'run',
      file,
      ...filter,
      '--config',
      config,
      '--bail',
      '1',
      '--testTimeout',
      `${TEST_MS_MAX}`,
    ].concat(['--reporter', 'json', '--outputFile', report]),
    { ...process.env, CONFER_MUTANT: sources },
  );
  if (!existsSync(report)) throw new Error(said.slice(0, 400));
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  const ran = tests.filter(({ status }) => status === 'passed' || status === 'failed');
  if (ran.length === 0) throw new Error(`no test of ${file} ran that has in its title: ${title}`);
  const failed = ran.find(({ status }) => status === 'failed');
  return failed?.fullName;
}

function run(args, env) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [VITEST, ...args], { cwd: root, env, stdio: 'pipe' });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => {
        said += text;
      });
    child.on('close', () => resolve(said));
  });
}
