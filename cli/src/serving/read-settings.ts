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
  /** A server runs already, and is to go by them from now on. */
  readonly isServing: boolean;
}

/** Reads all that was said, wherever that was. What is wrong with it is among its problems. */
export async function readSettings(sources: Sources): Promise<Resolved> {
  const { flags, env, directory, isServing } = sources;
  const near = [fromFlags(flags, directory), fromEnvironment(env, directory)];
  const file = configFile(sources);
  if (file === undefined) return new Resolved(near);
  const { fromFile } = await import('./from-file.ts');
  return new Resolved([...near, await fromFile(file, { isServing })]);
}

/** The file of settings, where one was named. */
function configFile({ flags, env, directory }: Omit<Sources, 'isServing'>): string | undefined {
  const named = flags[CONFIG.flag] ?? env[CONFIG.variable];
  // An empty one would be the directory; it is among the problems of who said it.
  return typeof named === 'string' && named !== '' ? resolve(directory, named) : undefined;
}
