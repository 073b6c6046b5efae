/** Who may import whom. `pnpm check` holds every file against it, and so does test/rules/tools.test.ts. */
import { builtinModules } from 'node:module';

/** Which package may know which. Tests inside a package keep to it as well; `test` and `bench` know all. */
const PACKAGES = {
  shared: [],
  server: ['shared'],
  client: ['shared'],
  cli: ['client', 'shared', 'server'],
};

/**
 * Which of the other folders of the server each may import, and of what it may import the types alone: that is
 * handed in, and somebody else chooses it. What lies beside the folders is for all, as long as it does not
 * bring in a folder that the importer could not reach without it.
 */
const LAYERS = {
  transport: { imports: [], types: [] },
  tls: { imports: [], types: ['transport/tls-files'] },
  session: {
    imports: ['api', 'auth', 'watch', 'lease', 'store'],
    types: ['transport/socket', 'audit'],
  },
  // Of sessions what both share: what requests wait for, and where what is asked for goes.
  http: {
    imports: ['api', 'session', 'auth', 'store', 'transport/request-head'],
    types: ['transport/exchange', 'transport/socket', 'watch', 'audit'],
  },
  api: { imports: ['auth', 'watch', 'lease', 'store'], types: ['audit'] },
  auth: { imports: ['store'], types: ['audit'] },
  audit: { imports: [], types: [] },
  metrics: { imports: [], types: [] },
  health: { imports: [], types: [] },
  stopping: { imports: [], types: [] },
  lease: { imports: ['store'], types: [] },
  watch: { imports: ['store'], types: [] },
  store: { imports: [], types: ['engine'] },
  engine: { imports: [], types: [] },
};

const SOURCES = '^(shared|server|client|cli)/src/';
const TESTS = ['\\.(test|contract)\\.ts$', '/test-support/'];
const NODE = `^(node:)?(${builtinModules.join('|')})$`;
/** A layer, or the one file `layer/name` of it. */
const layer = (name) => `^server/src/${name}${name.includes('/') ? '\\.ts$' : '/'}`;
/** Entries of a package beside its index. */
const ENTRIES = {
  client: [
    'admin',
    'history',
    'config',
    'coordination',
    'snapshot',
    'react',
    'tabs',
    'extras',
    'testing',
    'openfeature',
    'pages',
    'metrics',
  ],
};
/** A package by its name, or that of an entry: what that leads to, or the name where nothing is built yet. */
const named = (name) => {
  const entries = ENTRIES[name] ?? [];
  const paths = [
    `@confer/${name}(/(${entries.join('|')}))?$`,
    `${name}/dist/(${['index', ...entries].join('|')})\\.`,
  ];
  return `^(${paths.join('|')})`;
};

const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

const packageRules = [
  rule(
    'package-left',
    'another package is imported by its name',
    { path: '^(shared|server|client|cli)/' },
    // What tests of several packages need is in one place, of which what is shipped takes nothing (below).
    { dependencyTypes: ['local'], pathNot: ['^$1/', '^shared/src/test-support/'] },
  ),
  ...Object.entries(PACKAGES).map(([name, known]) =>
    rule(
      `package-${name}`,
      `${name} may import ${known.join(', ') || 'no other package'}, and only by the name of the package`,
      { path: `^${name}/` },
      {
        path: '^(@confer/|(shared|server|client|cli)/dist/)',
        dependencyTypesNot: ['local'],
        pathNot: known.map(named),
      },
    ),
  ),
  rule(
    'package-index',
    'the index is for other packages: inside, it would tie every file to every other',
    { path: '^(shared|server|client|cli)/' },
    { path: '/src/index\\.ts$' },
  ),
  rule(
    'cli-without-server',
    'the command line is only a client, but where it starts a server or keeps the data of one',
    {
      path: '^cli/src/',
      pathNot: [
        ...TESTS,
        '^cli/src/runs/(serve|data|restore|token-offline|audit|tls|transport-here)\\.ts$',
        '^cli/src/serving/(server-options|reload|welcome)\\.ts$',
        '^cli/src/logging/(line|server-log)\\.ts$',
      ],
    },
    { path: named('server') },
  ),
  rule(
    'product-without-tests',
    'what is shipped imports nothing of the tests, nor what is installed for them',
    { path: SOURCES, pathNot: TESTS },
    { path: [...TESTS, '^(test|bench)/'] },
  ),
];

/** What a layer may come to through all that it imports. */
const reachedBy = (name) => [
  name,
  ...[...(LAYERS[name]?.imports ?? []), ...(LAYERS[name]?.types ?? [])].flatMap(reachedBy),
];

const layerRules = [
  ...Object.entries(LAYERS).flatMap(([name, { imports, types }]) => [
    rule(
      `layer-${name}`,
      `${name} may import ${[...imports, ...types].join(', ') || 'no other layer'}`,
      { path: layer(name), pathNot: TESTS },
      { path: '^server/src/[^/]+/', pathNot: [name, ...imports, ...types].map(layer) },
    ),
    rule(
      `layer-${name}`,
      `${name} must not reach other layers through files beside them`,
      { path: layer(name), pathNot: TESTS },
      { path: '^server/src/[^/]+/', pathNot: reachedBy(name).map(layer), reachable: true },
    ),
    rule(
      `layer-${name}-types`,
      `${name} may know the types of ${types.join(', ')} only`,
      { path: layer(name), pathNot: TESTS },
      { path: types.map(layer), dependencyTypesNot: ['type-only', 'type-import'] },
    ),
  ]),
  rule(
    'layer-engine-handed-in',
    'which engine there is, is chosen above all layers',
    { path: '^server/src/(?!engine/)[^/]+/', pathNot: TESTS },
    { path: '^server/src/engine/[^/]+/', reachable: true },
  ),
  rule(
    'layer-unknown',
    'say in LAYERS what this folder may import',
    { path: `^server/src/(?!(${Object.keys(LAYERS).join('|')}|test-support)/)[^/]+/` },
    {},
  ),
].filter(({ to }) => to.path?.length !== 0);

/** The folders of the client, from the top: each may import what stands after it, and nothing before. */
const CLIENT_LAYERS = [
  'react',
  'openfeature',
  'metrics',
  'testing',
  'tabs',
  'administration',
  'coordination',
  'history',
  'config',
  'snapshot',
  'mirror',
  'watch',
  'txn',
  'requests',
  'connection',
  'sockets',
  'delivery',
  'validation',
];
/** What users see, beside those folders: every layer may import it, and it imports no layer. */
const CLIENT_COMMON =
  '^client/src/(api|txn-api|local-api|diagnostics|errors|make-error|status|sockets/socket)\\.ts$';

const clientRules = [
  ...CLIENT_LAYERS.map((name, place) =>
    rule(
      `client-${name}`,
      `${name} may import the layers below it, and what users see`,
      { path: `^client/src/${name}/`, pathNot: TESTS },
      {
        path: '^client/src/',
        pathNot: [
          CLIENT_COMMON,
          ...CLIENT_LAYERS.slice(place).map((one) => `^client/src/${one}/`),
          // What a test is given is a whole client.
          ...(name === 'testing' ? ['^client/src/node-client\\.ts$'] : []),
        ],
      },
    ),
  ),
  rule(
    'client-common',
    'what every layer of the client may import imports none of them',
    { path: CLIENT_COMMON },
    { path: '^client/src/', pathNot: CLIENT_COMMON },
  ),
  rule(
    'client-unknown',
    'say in CLIENT_LAYERS where this folder stands',
    { path: `^client/src/(?!(${CLIENT_LAYERS.join('|')}|test-support)/)[^/]+/` },
    {},
  ),
];

const libraryRules = [
  ...Object.keys(PACKAGES).map((name) => ({
    name: `library-${name}`,
    comment: 'a library is imported by one file, which can be rewritten to replace it',
    severity: 'error',
    module: { path: 'node_modules/', pathNot: '/commander/', numberOfDependentsMoreThan: 1 },
    from: { path: `^${name}/src/`, pathNot: TESTS },
  })),
  rule(
    'library-commander',
    'commands declare their arguments and options; nothing else does',
    { path: SOURCES, pathNot: ['^cli/src/program\\.ts$', '^cli/src/commands/', ...TESTS] },
    { path: '/commander/' },
  ),
  rule(
    'library-shipped',
    'what is shipped is in the dependencies of its package',
    { path: SOURCES, pathNot: TESTS },
    {
      dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'unknown'],
      // The application brings its own.
      dependencyTypesNot: ['npm-peer'],
      pathNot: '^@confer/',
    },
  ),
  rule(
    'edge-modules',
    'time, randomness and fresh names are handed in by the edge of the process',
    // To hash is no randomness, nor is to read a certificate. Keys are random wherever they are made.
    {
      path: SOURCES,
      pathNot: [
        '^server/src/(runtime|vitals|process-figures|sha256|auth/hash|tls/(certificate|issue))\\.ts$',
        '^cli/src/(backup/sha256|fresh-name)\\.ts$',
        ...TESTS,
      ],
    },
    { path: ['^(node:)?(crypto|perf_hooks|process|timers|timers/promises)$', '/nanoid/'] },
  ),
  rule(
    'node-shared',
    'the protocol knows neither Node nor the browser',
    { path: '^shared/src/', pathNot: TESTS },
    { path: NODE },
  ),
  rule(
    'node-browser',
    'what browsers load needs nothing of Node',
    {
      path: '^client/src/(browser|admin|history|config|react|tabs|tab-worker|extras|openfeature|metrics)\\.ts$',
    },
    { path: [NODE, '(^|/)ws(/|$)'], reachable: true },
  ),
];

export default {
  forbidden: [
    rule('cycle', 'no cycles, not even of types', {}, { circular: true }),
    ...packageRules,
    ...layerRules,
    ...clientRules,
    ...libraryRules,
  ],
  options: {
    tsPreCompilationDeps: true,
    moduleSystems: ['es6'],
    doNotFollow: { path: ['(^|/)node_modules/', '(^|/)dist/'] },
    exclude: { path: '^(data|docs|examples)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
