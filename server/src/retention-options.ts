import { type RetentionLimits, retentionDefaults } from './engine/retention.ts';
import type { EngineOptions } from './engines.ts';
import { StartError } from './errors.ts';

export interface RetentionOptions {
  /**
   * How much history is kept: by age or by commits, whichever keeps more, but not beyond so many bytes.
   * Default: 24 hours, 100,000 commits, 1 GiB (256 MiB on etcd, as a gateway counts them). Current entries are
   * kept for ever.
   */
  readonly retention?: Partial<RetentionLimits>;
}

/** A commit takes several times as much in etcd as in the memory of a gateway, and a common quota there is 2 GiB. */
const ETCD_HISTORY_BYTES = 256 * 1024 * 1024;

/** @throws {StartError} where a limit is none. */
export function retentionOf({
  engine,
  retention = {},
}: RetentionOptions & Pick<EngineOptions, 'engine'>): RetentionLimits {
  const bytes = engine === 'etcd' ? ETCD_HISTORY_BYTES : retentionDefaults.bytes;
  const limits = { ...retentionDefaults, bytes, ...retention };
  for (const [name, limit] of Object.entries(limits))
    if (!Number.isSafeInteger(limit) || limit < 0)
      throw new StartError('invalid', `retention.${name} is a whole number from 0, not ${limit}`);
  return limits;
}
