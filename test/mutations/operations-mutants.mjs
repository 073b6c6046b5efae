/** Safeguards of what operators see, each noticed by the test that `by` names, a file and a part of a title. */
const READINESS = 'server/src/readiness.test.ts';
const HEALTH = 'server/src/health/health.test.ts';
const ROUTES = 'server/src/http/operator-routes.test.ts';
const SERVER_LOG = 'cli/src/logging/server-log.test.ts';
const SAMPLING = 'cli/src/logging/sampling.test.ts';
const SETTINGS = 'cli/src/serving/read-settings.test.ts';
const RELOAD = 'cli/src/serving/reload.test.ts';
const RELOADING = 'test/e2e/reload.test.ts';

const SESSION = 'server/src/session/session.test.ts';

export const operationsMutants = [
  [
    { 'who-takes-no-answers-is-not-waited-for': 'never' },
    SESSION,
    'W10 waits for nobody who takes no answers',
  ],
  [{ 'draining-is-never-undone': 'always' }, READINESS, 'does not go from draining to serving'],
  [{ 'hanging-write-is-no-life': 'always' }, HEALTH, 'a write has been under way for longer'],
  [{ 'metrics-need-the-right-to-operate': 'drop' }, ROUTES, '/metrics needs the right to operate'],
  [{ 'details-need-the-right-to-operate': 'drop' }, ROUTES, '/readyz?verbose needs the right'],
  [{ 'log-keeps-no-more-for-a-reader-that-stops': 'drop' }, SERVER_LOG, 'a reader that stops'],
  [{ 'repeats-are-counted': 'always' }, SAMPLING, 'the same is said a few times a minute'],
  [{ 'bad-settings-stay-out-of-force': 'never' }, RELOAD, 'is no setting leaves all as it was'],
  [{ 'reload-waits-for-no-pipe': 'never' }, SETTINGS, 'waits for no pipe once it serves'],
  [{ 'reload-opens-to-no-strangers': 'drop' }, RELOADING, 'must not open the server to strangers'],
].map(([off, file, title]) => ({ name: Object.keys(off).join(), off, by: { file, title } }));
