import * as v from '../schema.ts';
import { count, name, requestNumber } from './parts.ts';

/** What its items are, `sessionItems` says: only those who ask for them load that. */
export const sessions = v.object({
  type: v.literal('sessions'),
  id: requestNumber,
  /** Of the server. */
  revision: count,
  items: v.array(v.anything()),
  /** There is more after this one. */
  next: v.exactOptional(name),
});
