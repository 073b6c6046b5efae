import * as v from '../schema.ts';
import { count, name, requestNumber } from './parts.ts';

/** The server knows it now, until the connection ends. */
export const reported = v.object({ type: v.literal('reported'), id: requestNumber });

/** What its items are, `subscriberItems` says: only those who ask for them load that. */
export const subscribers = v.object({
  type: v.literal('subscribers'),
  id: requestNumber,
  /** Of the server. */
  revision: count,
  items: v.array(v.anything()),
  /** There is more after this one. */
  next: v.exactOptional(name),
});
