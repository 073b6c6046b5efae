import { decodeDown, decodeUp } from '@confer/shared';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { runs } from './runs.ts';

const types = fc.constantFrom('hello', 'get', 'list', 'commit', 'watch', 'heartbeat', 'commits');
/** Objects that are nearly messages, with fields of the right names and of any kind. */
const nearly = fc
  .record(
    {
      type: fc.oneof(types, fc.jsonValue()),
      id: fc.oneof(fc.nat(), fc.jsonValue()),
      path: fc.oneof(fc.string(), fc.jsonValue()),
      operations: fc.array(fc.jsonValue()),
      client: fc.dictionary(fc.string(), fc.jsonValue()),
      commits: fc.array(fc.jsonValue()),
    },
    { requiredKeys: ['type'] },
  )
  .map((fields) => JSON.stringify(fields));

it('any frame is decoded or refused, with a short reason, and never throws', () => {
  fc.assert(
    fc.property(fc.oneof(nearly, fc.json(), fc.string({ unit: 'binary' })), (frame) => {
      for (const decoded of [decodeUp(frame), decodeDown(frame)])
        if (!decoded.ok) expect(decoded.problem.length).toBeLessThan(300);
    }),
    runs,
  );
});
