import { childOf, isReserved, nameOf } from '@confer/shared';
import { ConferError } from '../errors.ts';
import { text } from '../validation/argument-types.ts';
import { checkArgument, checkPath } from '../validation/arguments.ts';

/** Where names of a kind are, unless they say it themselves. */
export const LOCKS = '/locks';
export const ELECTIONS = '/elections';

/** Room for the last segment, which an entry gets. */
export const ID_LENGTH_MAX = 128;

/** The subtree of a name: below `root`, or the name itself where it is a path. */
export function folderOf(root: string, what: string, name: string): string {
  checkArgument(what, name, text);
  const folder = name.startsWith('/') ? name : childOf(root, name);
  checkPath(folder);
  // Also that of the longest entry there may be.
  checkPath(childOf(folder, '-'.repeat(ID_LENGTH_MAX)));
  if (isReserved(folder))
    throw new ConferError('reserved_path', `${folder} belongs to the server`, { path: folder });
  return folder;
}

/** Whether a path lies right below a subtree. */
export function isChildOf(path: string, folder: string): boolean {
  return path === childOf(folder, nameOf(path));
}

const LEASE_NAME_LENGTH_MAX = 60;

/** The name of a lease is for people, and shorter than a path may be. No character is cut in two. */
export function shortened(text: string): string {
  return [...text].slice(0, LEASE_NAME_LENGTH_MAX).join('');
}
