import { object, text } from '../../validation/argument-types.ts';
import { checkArgument } from '../../validation/arguments.ts';
import { ELECTIONS, folderOf, shortened } from '../names.ts';
import type { Parts } from '../parts.ts';
import { acquire, ttlOf } from './acquire.ts';
import type { CampaignOptions, Leadership, Observation } from './api.ts';
import { HeldPlace } from './held.ts';
import { LiveObservation } from './observation.ts';

export async function campaign(
  parts: Parts,
  name: string,
  options: CampaignOptions,
): Promise<Leadership> {
  const folder = folderOf(ELECTIONS, 'the name of an election', name);
  checkArgument('options', options, object);
  const ttlMs = ttlOf(options);
  const { value } = options;
  checkArgument('options.value', value, text);
  const wanted = {
    subject: `the lead of ${name}`,
    folder,
    value,
    ttlMs,
    about: shortened(`election ${name}`),
  };
  return new HeldPlace(name, await acquire(parts, wanted, options), parts.context.report);
}

export function observeNamed(parts: Parts, name: string): Observation {
  const folder = folderOf(ELECTIONS, 'the name of an election', name);
  return new LiveObservation(parts.context, name, folder);
}
