import * as v from '../schema.ts';
import { clientInfo } from './client-info.ts';
import { count, name, text } from './parts.ts';
import { rejection } from './subscribers-up.ts';

/** One program, or one path of it. */
const subscriber = v.object({
  session: name,
  principal: v.exactOptional(text),
  /** What the client says of itself. */
  client: v.exactOptional(clientInfo),
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

export const subscriberItems = v.array(subscriber);

export type Subscriber = v.InferOutput<typeof subscriber>;
