import type { Client } from './api.ts';
import type { Config, ConfigOptions, OutputOf, StandardSchema } from './config/api.ts';
import { ConfigError } from './config/config-error.ts';
import { LiveConfig } from './config/live-config.ts';
import { checkConfig } from './config/options.ts';
import { contextOf } from './watch/context.ts';

/**
 * A subtree as one object, validated by a schema and kept up to date: the last good state of it, frozen, swapped once
 * a commit. A state that the schema refuses changes nothing and says why; the next one is judged anew. On Node a
 * client has it as a method.
 *
 * ```ts
 * const orders = config(client, '/svc/orders', z.object({ pool: z.object({ max: z.number().max(100) }) }));
 * await orders.ready();
 * orders.select(({ pool }) => pool.max, (max) => pool.resize(max));
 * ```
 *
 * @throws {ConferError} `invalid_argument`, `invalid_path`.
 */
export function config<Schema extends StandardSchema>(
  client: Client,
  path: string,
  schema: Schema,
  options: ConfigOptions = {},
): Config<OutputOf<Schema>> {
  const context = contextOf(client);
  checkConfig(path, schema, options);
  return new LiveConfig<OutputOf<Schema>>(path, schema, options, client, context);
}

export type {
  Config,
  ConfigDifference,
  ConfigEvents,
  ConfigOptions,
  ConfigSource,
  Explanation,
  Fallback,
  OutputOf,
  Ready,
  ReadyOptions,
  StandardIssue,
  StandardResult,
  StandardSchema,
} from './config/api.ts';
export type { ConfigIssue } from './config/config-error.ts';
export { ConfigError };
