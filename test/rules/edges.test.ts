import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { parse, placeOf, productSources, type Source, visit } from './source.ts';

const TIME = 'take the time from the Clock that is handed in';
const TIMERS = 'set timers on the Clock that is handed in';
const CHANCE = 'take randomness and fresh names from what is handed in';

/**
 * What ties code to the real world, and what to use instead, so that it runs on a virtual one. The modules that
 * do are in .dependency-cruiser.mjs.
 */
const BANNED: Readonly<Record<string, string>> = {
  'Date.now': TIME,
  'new Date()': TIME,
  performance: TIME,
  setTimeout: TIMERS,
  setInterval: TIMERS,
  setImmediate: TIMERS,
  'Math.random': CHANCE,
  crypto: CHANCE,
  console: 'say it through the Log (server), the notices (client) or the Terminal (cli)',
  process: 'have the edge of the process hand it in',
};

/** The files that are the edge, with what they may touch there. */
const EDGES: readonly { readonly path: RegExp; readonly may: readonly string[] }[] = [
  {
    path: /^server\/src\/runtime\.ts$/,
    may: ['Date.now', 'performance', 'setTimeout', 'setImmediate', 'Math.random', 'process'],
  },
  {
    path: /^client\/src\/platform\.ts$/,
    may: ['Math.random', 'crypto', 'console'],
  },
  { path: /^client\/src\/system-clock\.ts$/, may: ['Date.now', 'performance', 'setTimeout'] },
  // Sockets are handed in as a whole: what they need of the world stays inside them.
  { path: /^client\/src\/sockets\/[\w-]+\.ts$/, may: ['setTimeout'] },
  {
    path: /^server\/src\/transport\/(uws|uws-exchange|uws-http|uws-socket|ws)\.ts$/,
    may: ['setImmediate', 'setTimeout'],
  },
  // The library wants to know by when an answer is to be there.
  { path: /^server\/src\/engine\/etcd\/client\/grpc-cluster\.ts$/, may: ['Date.now'] },
  // Which C library there is decides whether the binary can load.
  { path: /^server\/src\/transport\/uws-platform\.ts$/, may: ['process'] },
  // How the process is doing, and since when it runs.
  {
    path: /^server\/src\/(vitals|process-figures)\.ts$/,
    may: ['process', 'performance', 'setInterval'],
  },
  // How many files the system lets the process open.
  { path: /^server\/src\/descriptors\.ts$/, may: ['process'] },
  // What a load is measured with: finer than the clock, and set by nobody.
  { path: /^cli\/src\/stopwatch\.ts$/, may: ['performance'] },
  // What a ticket says of the machine: versions, and how many files there may be.
  { path: /^cli\/src\/machine\.ts$/, may: ['process'] },
  {
    path: /^cli\/src\/main\.ts$/,
    may: ['process', 'console', 'Date.now', 'setTimeout', 'setInterval'],
  },
];

function edgeProblems(sources: readonly Source[]): string[] {
  return sources.flatMap((source) => {
    const may = EDGES.filter(({ path }) => path.test(source.path)).flatMap((edge) => edge.may);
    return globalUses(source).flatMap(({ what, place }) => {
      const instead = BANNED[what];
      return instead === undefined || may.includes(what) ? [] : [`${place} ${what}: ${instead}`];
    });
  });
}

interface Use {
  readonly what: string;
  readonly place: string;
}

/** Names that the file takes from nowhere, with the member used where one of those is banned. */
function globalUses(source: Source): Use[] {
  const own = namesDeclaredIn(source);
  const uses: Use[] = [];
  const look = (node: ts.Node) => {
    if (ts.isTypeNode(node)) return;
    const what = globalName(node);
    if (what !== undefined && !own.has(what.split('.')[0] ?? ''))
      uses.push({ what, place: placeOf(source, node) });
    ts.forEachChild(node, look);
  };
  look(source.tree);
  return uses;
}

function globalName(node: ts.Node): string | undefined {
  if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && !node.arguments?.length)
    return 'new Date()';
  if (ts.isPropertyAccessExpression(node)) {
    const of = node.expression.getText();
    return of === 'globalThis' ? node.name.text : `${of}.${node.name.text}`;
  }
  return ts.isIdentifier(node) && isReference(node) ? node.text : undefined;
}

/** Not the name of a member, a property or a label. */
function isReference(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  return !ts.isClassElement(parent) && !ts.isTypeElement(parent);
}

function namesDeclaredIn(source: Source): ReadonlySet<string> {
  const names = new Set<string>();
  visit(source.tree, (node) => {
    const declares =
      ts.isVariableDeclaration(node) ||
      ts.isParameter(node) ||
      ts.isBindingElement(node) ||
      ts.isFunctionDeclaration(node) ||
      ts.isImportSpecifier(node);
    if (declares && node.name !== undefined && ts.isIdentifier(node.name))
      names.add(node.name.text);
  });
  return names;
}

describe('the real world', () => {
  it('is touched at the edges only', () => {
    expect(edgeProblems(productSources())).toEqual([]);
  });

  it.each([
    ['const now = Date.now();', 'Date.now: take the time'],
    ['const now = new Date();', 'new Date(): take the time'],
    ['setTimeout(run, 5);', 'setTimeout: set timers'],
    ['globalThis.setInterval(run, 5);', 'setInterval: set timers'],
    ['const options = { later: setImmediate };', 'setImmediate: set timers'],
    ['const n = Math.random();', 'Math.random: take randomness'],
    ['const chance = Math.random;', 'Math.random: take randomness'],
    ['crypto.randomUUID();', 'crypto: take randomness'],
    ["console.error('no');", 'console: say it through'],
    ['exit(process.env.HOME);', 'process: have the edge'],
    ['const { argv } = process;', 'process: have the edge'],
  ])('would be seen in %s', (text, problem) => {
    const problems = edgeProblems([parse('server/src/store/a.ts', text)]);
    expect(problems).toEqual([`server/src/store/a.ts:1 ${problem}`].map(startsWith));
  });

  it.each([
    'const date = new Date(time).toISOString();',
    'clock.setTimer(5, run);',
    'socket.process(frame);',
    'const options = { console: 1, process };\nfunction f(process: () => void) {}',
    'type Timer = ReturnType<typeof setTimeout>;',
    'class A { process() {} }',
    '// Date.now() would lie here',
  ])('is not touched by %s', (text) => {
    expect(edgeProblems([parse('server/src/store/a.ts', text)])).toEqual([]);
  });

  it('may be touched where the edge is', () => {
    const text = 'const now = () => Date.now();';
    expect(edgeProblems([parse('server/src/runtime.ts', text)])).toEqual([]);
  });
});

const startsWith = (text: string): unknown => expect.stringMatching(`^${escaped(text)}`);
const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
