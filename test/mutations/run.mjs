/**
 * Shows that the simulation can find bugs: switches off one safeguard of the product at a time and
 * names the first seed, and the rule, that notices. The sources on disk stay as they are: each mutant
 * is a bundle with a text replaced, run in a process of its own.
 *
 *   node test/mutations/run.mjs [part of a name]   CONFER_TEST_SEEDS: how far to look (3000)
 *   node test/mutations/run.mjs --check            only whether each mutant still finds its text
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { durableMutants } from './durable-mutants.mjs';
import { etcdMutants } from './etcd-mutants.mjs';
import { mutants } from './mutants.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const SEEDS = Number(process.env.CONFER_TEST_SEEDS ?? 3_000);
/** A mutant that was planted a fault must live with it while its safeguard is on. */
const PLANTED_SEEDS = 200;
/** A seed takes milliseconds; one that takes this long hangs. */
const HANG_MS = 20_000;
const WORKERS = Number(process.env.CONFER_TEST_WORKERS ?? 2);

const ENTRY = `
import { simulateGateways } from './test/simulation/etcd/run.ts';
import { simulate } from './test/simulation/run.ts';
const [engine, last, ...told] = process.argv.slice(2);
for (let seed = 1; seed <= Number(last); seed++) {
  console.log(JSON.stringify({ seed }));
  const running = engine === 'etcd' ? simulateGateways({ seed, steps: 36 }) : simulate({ seed, steps: 120, engine });
  const all = await running.catch((error) => ['threw ' + error]);
  const problems = all.filter((problem) => !told.some((part) => problem.includes(part)));
  if (problems.length === 0) continue;
  console.log(JSON.stringify({ seed, problem: problems[0] }));
  process.exit();
}
`;

const aliases = Object.fromEntries(
  ['shared', 'server', 'client'].map((name) => [`@confer/${name}`, `${root}${name}/src/index.ts`]),
);

/** The texts of the files that the edits change. A text that is not there exactly once is an error. */
function editedFiles(edits) {
  const files = new Map();
  for (const { file, find, replace } of edits) {
    const text = files.get(file) ?? readFileSync(join(root, file), 'utf8');
    const found = text.split(find).length - 1;
    if (found !== 1) throw new Error(`${file} has this ${found} times instead of once:\n${find}`);
    files.set(
      file,
      text.replace(find, () => replace),
    );
  }
  return files;
}

async function bundle(edits, outfile) {
  const files = editedFiles(edits);
  const mutate = {
    name: 'mutate',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const changed = files.get(relative(root, path).replaceAll('\\', '/'));
        const contents = changed ?? readFileSync(path, 'utf8');
        // What lies beside a source is found from there, not from the bundle.
        const place = JSON.stringify(pathToFileURL(path).href);
        return { contents: contents.replaceAll('import.meta.url', place), loader: 'ts' };
      });
    },
  };
  await build({
    stdin: { contents: ENTRY, resolveDir: root, sourcefile: 'entry.ts', loader: 'ts' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // For what is CommonJS.
    banner: {
      js: `import { createRequire } from 'node:module'; const require = createRequire(${JSON.stringify(import.meta.url)});`,
    },
    alias: aliases,
    plugins: [mutate],
    logLevel: 'silent',
    outfile,
  });
}

/** The first seed with a problem, or `undefined`. */
function firstFailure(file, engine, seeds, told) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [file, engine, String(seeds), ...told], {
      stdio: 'pipe',
    });
    let said = '';
    let failed = '';
    let last = {};
    let isHanging = false;
    const hang = () => {
      isHanging = true;
      child.kill('SIGKILL');
    };
    let timer = setTimeout(hang, HANG_MS);
    child.stderr.setEncoding('utf8').on('data', (text) => {
      failed += text;
    });
    child.stdout.setEncoding('utf8').on('data', (text) => {
      clearTimeout(timer);
      timer = setTimeout(hang, HANG_MS);
      const lines = (said + text).split('\n');
      said = lines.pop() ?? '';
      for (const line of lines) last = JSON.parse(line);
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      if (isHanging) resolve({ ...last, problem: 'hangs' });
      else if (last.problem !== undefined) resolve(last);
      else resolve(code === 0 ? undefined : { ...last, problem: `died: ${failed.slice(0, 400)}` });
    });
  });
}

async function tryMutant(mutant, directory, index) {
  const { name, engine = 'memory', edits, plant = [], told = [] } = mutant;
  const file = join(directory, `${index}.mjs`);
  if (plant.length > 0) {
    await bundle(plant, file);
    const early = await firstFailure(file, engine, PLANTED_SEEDS, told);
    if (early !== undefined)
      return { name, edits, problem: `with its safeguard on: seed ${early.seed} ${early.problem}` };
  }
  await bundle([...plant, ...edits], file);
  return { name, edits, ...(await firstFailure(file, engine, SEEDS, told)) };
}

function row({ name, edits, seed, problem }) {
  const [rule, ...rest] = (problem ?? '- not found').split(' ');
  const files = [...new Set(edits.map(({ file }) => file))].join(', ');
  const what = rest.join(' ').split('\n')[0].replaceAll('|', '/').slice(0, 110);
  return `| ${name} | ${files} | ${seed ?? '-'} | ${rule} | ${what} |`;
}

/** Says which mutants name what is no longer there: a rename must not switch them off in silence. */
function check() {
  for (const { name, plant = [], edits } of [...mutants, ...durableMutants, ...etcdMutants])
    try {
      editedFiles([...plant, ...edits]);
    } catch (error) {
      console.error(`${name}: ${error.message}`);
      process.exitCode = 1;
    }
}

async function main() {
  const directory = mkdtempSync(join(tmpdir(), 'confer-mutants-'));
  const chosen = [...mutants, ...durableMutants, ...etcdMutants].filter(({ name }) =>
    name.includes(process.argv[2] ?? ''),
  );
  const results = [];
  let next = 0;
  const work = async () => {
    for (let i = next++; i < chosen.length; i = next++) {
      const { name, edits } = chosen[i];
      results[i] = await tryMutant(chosen[i], directory, i).catch((error) => ({
        name,
        edits,
        problem: `broken ${error.message}`,
      }));
      console.error(row(results[i]));
    }
  };
  try {
    await Promise.all(Array.from({ length: WORKERS }, work));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  console.log('| switched off | file | seed | rule | what it said |\n|---|---|---|---|---|');
  for (const result of results) console.log(row(result));
  if (results.some(({ seed, problem }) => seed === undefined || problem === undefined))
    process.exitCode = 1;
}

if (process.argv[2] === '--check') check();
else await main();
