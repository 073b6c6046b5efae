import { resolve } from 'node:path';
import { fromEnvironment } from './from-environment.ts';
import { type Flags, fromFlags } from './from-flags.ts';
import { Resolved } from './resolved.ts';
import { CONFIG } from './table.ts';

/** Where settings come from. */
export interface Sources {
  readonly flags: Flags;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where the server was started: there relative paths begin that are not in a file. */
  readonly directory: string;
}

/** Reads all that was said, wherever that was. What is wrong with it is among its problems. */
export async function readSettings({ flags, env, directory }: Sources): Promise<Resolved> {
  const near = [fromFlags(flags, directory), fromEnvironment(env, directory)];
  const file = configFile({ flags, env, directory });
  if (file === undefined) return new Resolved(near);
  const { fromFile } = await import('./from-file.ts');
  return new Resolved([...near, await fromFile(file)]);
}

/** The file of settings, where one was named. */
function configFile({ flags, env, directory }: Sources): string | undefined {
  const named = flags[CONFIG.flag] ?? env[CONFIG.variable];
  // An empty one would be the directory; it is among the problems of who said it.
  return typeof named === 'string' && named !== '' ? resolve(directory, named) : undefined;
}
