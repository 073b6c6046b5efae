import { limits } from '../limits.ts';
import * as v from '../schema.ts';
import { name } from './parts.ts';

/** What a client says of itself, as it is told to others. */
export const clientInfo = v.object({
  name: v.exactOptional(name),
  version: v.exactOptional(name),
  labels: v.exactOptional(v.pipe(v.record(name, name), v.maxEntries(limits.labelsMax))),
});
