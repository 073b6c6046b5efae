/** Safeguards of what operators see, each noticed by the test that `by` names, a file and a part of a title. */
const READINESS = 'server/src/readiness.test.ts';
const HEALTH = 'server/src/health/health.test.ts';
const ROUTES = 'server/src/http/operator-routes.test.ts';

export const operationsMutants = [
  [{ 'draining-is-never-undone': 'always' }, READINESS, 'does not go from draining to serving'],
  [{ 'hanging-write-is-no-life': 'always' }, HEALTH, 'a write has been under way for longer'],
  [{ 'metrics-need-the-right-to-operate': 'drop' }, ROUTES, '/metrics needs the right to operate'],
  [{ 'details-need-the-right-to-operate': 'drop' }, ROUTES, '/readyz?verbose needs the right'],
].map(([off, file, title]) => ({ name: Object.keys(off).join(), off, by: { file, title } }));
