import { inject } from 'vitest';

type TransportName = 'uws' | 'ws';

const isHere = (name: TransportName) => name === 'ws' || inject('uwsIsHere');

/** The transports that load here (`uws-here.ts` says so where one does not). */
export const TRANSPORTS: readonly TransportName[] = (['uws', 'ws'] as const).filter(isHere);

/** What a server uses that is not told: for a test that means the server, and no transport. */
export const DEFAULT_TRANSPORT: TransportName = inject('uwsIsHere') ? 'uws' : 'ws';
