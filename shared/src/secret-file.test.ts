import { expect, test } from 'vitest';
import { isOpenSecret } from './secret-file.ts';

test.each([
  ['of its owner alone', 0o100600, 1000, false],
  ['that its owner only reads', 0o100400, 1000, false],
  ['that a group of the user reads', 0o100640, 1000, true],
  ['that everybody reads', 0o100644, 1000, true],
  ['of root alone', 0o100600, 0, false],
  ['that Kubernetes or systemd hand to a group', 0o100440, 0, false],
  ['that a group may change', 0o100660, 0, true],
  ['of root that everybody reads', 0o100444, 0, true],
])('a secret in a file %s', (_, mode, uid, isOpen) => {
  expect(isOpenSecret({ mode, uid })).toBe(isOpen);
});
