/**
 * Shows that the simulation can find bugs: switches off one safeguard of the product at a time and
 * names the first seed, and the rule, that notices. The sources on disk stay as they are: each mutant
 * is a bundle with one safeguard treated (`safeguards.mjs`), run in a process of its own. What no simulation has is
 * noticed by the test that its mutant names (`by-test.mjs`).
 *
 *   node test/mutations/run.mjs [part of a name, or of the file of a test]   CONFER_TEST_SEEDS: how far to look (3000)
 *   node test/mutations/run.mjs --check            only whether mutants and safeguards fit together
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { backupMutants } from './backup-mutants.mjs';
import { noticedBy } from './by-test.mjs';
import { coordinationMutants } from './coordination-mutants.mjs';
import { doorMutants } from './door-mutants.mjs';
import { durableMutants, recordMutants } from './durable-mutants.mjs';
import { etcdMutants } from './etcd-mutants.mjs';
import { httpMutants } from './http-mutants.mjs';
import { httpWatchMutants } from './http-watch-mutants.mjs';
import { leaseMutants } from './lease-mutants.mjs';
import { mutants } from './mutants.mjs';
import { operationsMutants } from './operations-mutants.mjs';
import { pastMutants } from './past-mutants.mjs';
import { rightsMutants } from './rights-mutants.mjs';
import { mutated, safeguards } from './safeguards.mjs';
import { txnMutants } from './txn-mutants.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const SEEDS = Number(process.env.CONFER_TEST_SEEDS ?? 3_000);
/** A mutant that was planted a fault must live with it while its safeguard is on. */
const PLANTED_SEEDS = 200;
/** A seed takes milliseconds; one that takes this long hangs. */
const HANG_MS = 20_000;
const WORKERS = Number(process.env.CONFER_TEST_WORKERS ?? 2);

const ENTRY = `
import { simulateGateways } from './test/simulation/etcd/run.ts';
import { simulateRights } from './test/simulation/rights/run.ts';
import { simulate } from './test/simulation/run.ts';
const [engine, last, ...told] = process.argv.slice(2);
for (let seed = 1; seed <= Number(last); seed++) {
  console.log(JSON.stringify({ seed }));
  const running =
    engine === 'etcd' ? simulateGateways({ seed, steps: 36 })
    : engine === 'rights' ? simulateRights({ seed, steps: 80, engine: ['memory', 'lmdb', 'etcd'][seed % 3] })
    : simulate({ seed, steps: 120, engine });
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

const all = [
  ...[...mutants, ...durableMutants, ...etcdMutants, ...rightsMutants].map((mutant) => ({
    name: Object.keys(mutant.off).join(', '),
    ...mutant,
  })),
  ...recordMutants,
  ...backupMutants,
  ...doorMutants,
  ...coordinationMutants,
  ...leaseMutants,
  ...httpMutants,
  ...httpWatchMutants,
  ...operationsMutants,
  ...pastMutants,
  ...txnMutants,
];
const named = safeguards();

async function bundle(edits, outfile) {
  const files = mutated(edits, named);
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

async function tryMutant({ engine = 'memory', off, plant = {}, told = [], by }, directory, index) {
  if (by !== undefined) {
    const title = await noticedBy(by, Object.entries(off), named, directory, index);
    return title === undefined ? undefined : { seed: by.file, problem: `test ${title}` };
  }
  const file = join(directory, `${index}.mjs`);
  const planted = Object.entries(plant);
  if (planted.length > 0) {
    await bundle(planted, file);
    const early = await firstFailure(file, engine, PLANTED_SEEDS, told);
    if (early !== undefined)
      return { problem: `with its safeguard on: seed ${early.seed} ${early.problem}` };
  }
  await bundle([...planted, ...Object.entries(off)], file);
  return firstFailure(file, engine, SEEDS, told);
}

function row({ name, off, seed, problem }) {
  const [rule, ...rest] = (problem ?? '- not found').split(' ');
  const files = new Set(Object.keys(off).map((safeguard) => named.get(safeguard)));
  const what = rest.join(' ').split('\n')[0].replaceAll('|', '/').slice(0, 110);
  return `| ${name} | ${[...files].join(', ')} | ${seed ?? '-'} | ${rule} | ${what} |`;
}

/** Says which mutants find no safeguard any more, and which safeguards nobody switches off. */
function check() {
  const problems = [];
  const without = new Set(named.keys());
  for (const { name, plant = {}, off } of all) {
    const edits = [...Object.entries(plant), ...Object.entries(off)];
    for (const [safeguard] of edits) without.delete(safeguard);
    try {
      mutated(edits, named);
    } catch (error) {
      problems.push(`${name}: ${error.message}`);
    }
  }
  for (const safeguard of without)
    problems.push(`${safeguard} has no mutant: ${named.get(safeguard)}`);
  if (new Set(all.map(({ name }) => name)).size < all.length)
    problems.push('two mutants have one name');
  if (problems.length === 0) return;
  console.error(problems.join('\n'));
  process.exitCode = 1;
}

async function main() {
  const directory = mkdtempSync(join(tmpdir(), 'confer-mutants-'));
  const part = process.argv[2] ?? '';
  const chosen = all.filter(({ name, by }) => name.includes(part) || by?.file.includes(part));
  const results = [];
  let next = 0;
  const work = async () => {
    for (let i = next++; i < chosen.length; i = next++) {
      const { name, off } = chosen[i];
      const found = await tryMutant(chosen[i], directory, i).catch((error) => ({
        problem: `broken ${error.message}`,
      }));
      results[i] = { name, off, ...found };
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
