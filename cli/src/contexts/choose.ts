import { DEFAULT_PORT } from '@confer/shared';
import type { ServerSettings } from '../context.ts';
import { exitCodes, Failure } from '../failure.ts';
import { nearest } from '../output/nearest.ts';
import type { Terminal } from '../terminal.ts';
import type { Contexts, Profile } from './profile.ts';

/** The options that say which server, as far as they were given. */
export interface ServerFlags {
  readonly url?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly tokenFile?: string;
  readonly context?: string;
}

/**
 * Which server a command talks to, and how: of a flag, the environment and a context, the first that says so. A
 * context that `--context` names is as good as a flag, so it goes before the environment.
 *
 * A context that nobody named, but is in use, is left alone as a whole where a URL comes from elsewhere: its
 * token must not go to a server that it is not for.
 */
export function chooseServer(
  flags: ServerFlags,
  env: Terminal['env'],
  contexts: () => Contexts,
): ServerSettings {
  const named = flags.context ?? (env.CONFER_CONTEXT || undefined);
  const url = flags.url ?? (flags.context === undefined ? env.CONFER_URL || undefined : undefined);
  const isElsewhere = url !== undefined && flags.context === undefined;
  const name = isElsewhere ? undefined : (named ?? contexts().current);
  const profile = name === undefined ? undefined : profileNamed(contexts(), name);
  const first = flags.context === undefined ? undefined : profile;
  return {
    url: url ?? profile?.url ?? `http://127.0.0.1:${DEFAULT_PORT}`,
    tls: {
      ca: flags.ca ?? first?.ca ?? (env.CONFER_CA || profile?.ca),
      cert: flags.cert ?? first?.cert ?? (env.CONFER_CERT || profile?.cert),
      key: flags.key ?? first?.key ?? (env.CONFER_KEY || profile?.key),
    },
    tokenFile:
      flags.tokenFile ??
      first?.tokenFile ??
      (env.CONFER_TOKEN === undefined ? profile?.tokenFile : undefined),
    chosen:
      name === undefined || profile === undefined
        ? undefined
        : { name, production: profile.production === true },
  };
}

/** @throws {Failure} with the name that was perhaps meant, when there is no such context. */
export function profileNamed({ profiles }: Contexts, name: string): Profile {
  const profile = profiles.get(name);
  if (profile !== undefined) return profile;
  const near = nearest(name, [...profiles.keys()]);
  throw new Failure(
    exitCodes.notFound,
    'no_context',
    `there is no context ${JSON.stringify(name.slice(0, 80))}`,
    near === undefined
      ? 'context ls lists them; context add NAME --url URL adds one'
      : `did you mean ${near} ?`,
  );
}
