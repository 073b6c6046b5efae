import { limits } from '../limits.ts';
import * as v from '../schema.ts';
import { count, name, requestNumber, text } from './parts.ts';
import { rejection } from './subscribers-up.ts';

/** The server knows it now, until the connection ends. */
export const reported = v.object({ type: v.literal('reported'), id: requestNumber });

/** One program, or one path of it. */
export const subscriber = v.object({
  session: name,
  principal: v.exactOptional(text),
  /** What the client says of itself. */
  client: v.exactOptional(
    v.object({
      name: v.exactOptional(name),
      version: v.exactOptional(name),
      labels: v.exactOptional(v.pipe(v.record(name, name), v.maxEntries(limits.labelsMax))),
    }),
  ),
  /** What it reports on, or watches. */
  path: text,
  /** Whether the program itself said so; otherwise this is known of its connection alone. */
  reports: v.boolean(),
  /** The revision that it runs with: as it reported, or up to which its mirrors have come. */
  applied: v.exactOptional(count),
  /** Of the newest change of what it watches there; missing where the server cannot tell. Up to it, `applied` is current. */
  latest: v.exactOptional(count),
  rejected: v.exactOptional(rejection),
});

export const subscribers = v.object({
  type: v.literal('subscribers'),
  id: requestNumber,
  /** Of the server. */
  revision: count,
  items: v.array(subscriber),
  /** There is more after this one. */
  next: v.exactOptional(name),
});

export type Subscriber = v.InferOutput<typeof subscriber>;
