import { inject } from 'vitest';
import { isLong } from './extent.ts';

type TransportName = 'uws' | 'ws';

const isHere = (name: TransportName) => name === 'ws' || inject('uwsIsHere');

/** The transports that load here (`uws-here.ts` says so where one does not). */
export const TRANSPORTS: readonly TransportName[] = (['uws', 'ws'] as const).filter(isHere);

/** What a server uses that is not told: for a test that means the server, and no transport. */
export const DEFAULT_TRANSPORT: TransportName = inject('uwsIsHere') ? 'uws' : 'ws';

/** `.ci/run` has a run of its own for the other one. */
const named = process.env.CONFER_TEST_TRANSPORT;

/** What servers have whose links and processes fail: that takes long, so one that is named, or the default, or both. */
export const FAULTY_TRANSPORTS: readonly TransportName[] =
  named === undefined && isLong
    ? TRANSPORTS
    : TRANSPORTS.filter((name) => name === (named ?? DEFAULT_TRANSPORT));
