import { encode } from '@confer/shared';
import { describe, expect, it } from 'vitest';
import { ChangedPaths } from './changed-paths.ts';
import { type Outcome, WaitReader } from './wait-reader.ts';

function waiting() {
  const outcomes: Outcome[] = [];
  const failures: unknown[] = [];
  const reader = new WaitReader({
    waitFor: { path: '/a', what: 'entry', after: { epoch: 'e', timeline: 't', revision: 5 } },
    paths: new ChangedPaths(),
    onBegun: () => {},
    onOutcome: (outcome) => outcomes.push(outcome),
    onFailed: (error) => failures.push(error),
  });
  const limits = {
    ...{ pathBytesMax: 1, valueBytesMax: 1, frameBytesMax: 1, messageBytesMax: 1 },
    ...{ operationsMax: 1, watchesMax: 1, requestsMax: 1, commitBytesMax: 1, waitingBytesMax: 1 },
  };
  reader.begin({
    welcome: {
      ...{ type: 'welcome', version: 1, session: 's', epoch: 'e', timeline: 't' },
      ...{ revision: 9, heartbeatMs: 10_000, limits },
    },
    watching: { type: 'watching', id: 0, watch: 'w', revision: 9 },
  });
  return { reader, outcomes, failures };
}

const heartbeat = (revision: number) => encode({ type: 'heartbeat', revision });
const utf8 = new TextEncoder();

describe('W6 a wait', () => {
  it('goes on past heartbeats until its time is over, and then ends at the next', () => {
    const { reader, outcomes } = waiting();
    expect(reader.take(heartbeat(9))).toBe(false);
    reader.timeIsOver();
    // Its watch has yet to come to where the server was when the wait began.
    expect(reader.take(heartbeat(8))).toBe(false);
    expect(reader.take(heartbeat(10))).toBe(true);
    const position = { epoch: 'e', timeline: 't', revision: 10 };
    expect(outcomes).toEqual([{ kind: 'idle', position }]);
  });

  it('does not end at a heartbeat before its position: it is about to be told that it missed something (W3)', () => {
    const { reader, outcomes, failures } = waiting();
    reader.timeIsOver();
    expect(reader.take(heartbeat(0))).toBe(false);
    const compacted = { type: 'compacted', watch: 'w', reason: 'epoch', epoch: 'e' } as const;
    const frame = encode({ ...compacted, compactedRevision: 0, revision: 9 });
    expect(reader.take(utf8.encode(frame).buffer)).toBe(true);
    expect(outcomes).toEqual([]);
    expect(failures).toMatchObject([{ code: 'compacted' }]);
  });
});
