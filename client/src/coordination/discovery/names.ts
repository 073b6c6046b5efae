import { childOf } from '@confer/shared';
import { ConferError } from '../../errors.ts';
import { text } from '../../validation/argument-types.ts';
import { checkArgument, checkPath } from '../../validation/arguments.ts';
import { folderOf, ID_LENGTH_MAX } from '../names.ts';

/** Where services are, unless a name says it itself. */
const SERVICES = '/services';

export function serviceFolder(service: string): string {
  return folderOf(SERVICES, 'the name of a service', service);
}

/** The entry of an instance. Its id is one segment of a path. */
export function instancePath(folder: string, id: string): string {
  checkArgument('an id', id, text);
  const path = childOf(folder, id);
  if (id.includes('/') || id.length > ID_LENGTH_MAX || id === '.confer')
    throw new ConferError(
      'invalid_argument',
      `an id is one segment of a path, of at most ${ID_LENGTH_MAX} characters, and not .confer`,
      { path },
    );
  checkPath(path);
  return path;
}
