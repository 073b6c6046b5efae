import { resolve } from 'node:path';
import type { Context } from '../context.ts';
import { profileNamed, type ServerFlags } from '../contexts/choose.ts';
import { nameProblem, PROFILES_MAX, type Profile, urlsProblem } from '../contexts/profile.ts';
import { changeContexts, contextsFile, readContexts } from '../contexts/store.ts';
import { exitCodes, Failure, usageError } from '../failure.ts';
import { formatOf, printData } from '../output/format.ts';
import { table } from '../output/text.ts';

export interface AddOptions extends ServerFlags {
  readonly production?: true;
}

const FORMATS = ['table', 'json', 'ndjson', 'yaml'] as const;

export async function addContext(
  context: Context,
  name: string,
  options: AddOptions,
): Promise<void> {
  const { terminal } = context;
  const problem = nameProblem(name);
  if (problem !== undefined) throw usageError(problem);
  const profile = profileOf(options);
  changeContexts(terminal, ({ current, profiles }) => {
    if (profiles.has(name))
      throw new Failure(
        exitCodes.conflict,
        'context_exists',
        `there is a context ${name} already`,
        `take another name, or forget that one first: ${terminal.command} context rm ${name}`,
      );
    if (profiles.size === PROFILES_MAX)
      throw usageError(
        `there are ${PROFILES_MAX} contexts already, which is the most there can be`,
      );
    return { current, profiles: new Map([...profiles, [name, profile]]) };
  });
  await say(context, `added ${name}; use it with: ${terminal.command} context use ${name}`);
}

export async function useContext(context: Context, name: string): Promise<void> {
  changeContexts(context.terminal, (contexts) => {
    profileNamed(contexts, name);
    return { ...contexts, current: name };
  });
  await say(context, `${name} is in use now`);
  const { CONFER_URL, CONFER_CONTEXT } = context.terminal.env;
  const other = CONFER_URL ? 'CONFER_URL' : CONFER_CONTEXT ? 'CONFER_CONTEXT' : undefined;
  if (other !== undefined)
    context.terminal.stderr.write(`warning: ${other} is set and goes before it\n`);
}

export async function removeContext(context: Context, name: string): Promise<void> {
  let wasCurrent = false;
  changeContexts(context.terminal, (contexts) => {
    profileNamed(contexts, name);
    const profiles = new Map(contexts.profiles);
    profiles.delete(name);
    wasCurrent = contexts.current === name;
    return { current: wasCurrent ? undefined : contexts.current, profiles };
  });
  await say(context, `forgot ${name}${wasCurrent ? '; no context is in use now' : ''}`);
}

export async function listContexts(context: Context): Promise<void> {
  const format = formatOf(context, FORMATS);
  const { terminal } = context;
  const { current, profiles } = readContexts(terminal.env);
  const all = [...profiles].map(([name, profile]) => ({
    name,
    current: name === current,
    ...profile,
  }));
  if (format !== 'table') return printData(context, format, all);
  if (all.length === 0)
    return terminal.stderr.write(
      `there are no contexts; one is added with: ${terminal.command} context add NAME --url URL\n`,
    );
  const rows = all.map(({ name, url, production, ...profile }) => [
    profile.current ? '*' : '',
    name,
    url,
    production === true ? 'production' : '',
  ]);
  await terminal.stdout.write(table([['', 'NAME', 'URL', ''], ...rows]));
}

/** Of a context its own settings; without a name what commands use here, and where that comes from. */
export async function showContext(context: Context, name: string | undefined): Promise<void> {
  const format = formatOf(context, FORMATS);
  const { terminal } = context;
  const shown =
    name === undefined
      ? settingsInUse(context)
      : { name, ...profileNamed(readContexts(terminal.env), name) };
  const data = { ...shown, file: contextsFile(terminal.env) };
  if (format !== 'table') return printData(context, format, data);
  const rows = Object.entries(data).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, String(value)]],
  );
  await terminal.stdout.write(table(rows));
}

function settingsInUse({ settings, terminal }: Context) {
  const { url, tls, tokenFile, chosen } = settings;
  return {
    name: chosen?.name ?? 'none',
    url,
    token: tokenFile ?? (terminal.env.CONFER_TOKEN === undefined ? undefined : 'CONFER_TOKEN'),
    ...tls,
    ...(chosen?.production === true ? { production: true } : {}),
  };
}

function profileOf({ url, tokenFile, ca, cert, key, production }: AddOptions): Profile {
  if (url === undefined) throw usageError('a context needs a server: --url URL');
  const problem = urlsProblem(url);
  if (problem !== undefined) throw usageError(`--url: ${problem}`);
  if ((cert === undefined) !== (key === undefined))
    throw usageError('--cert and --key go together');
  return {
    url,
    ...(tokenFile !== undefined && { tokenFile: resolve(tokenFile) }),
    ...(ca !== undefined && { ca: resolve(ca) }),
    ...(cert !== undefined && { cert: resolve(cert) }),
    ...(key !== undefined && { key: resolve(key) }),
    ...(production === true && { production }),
  };
}

async function say({ terminal, settings }: Context, text: string): Promise<void> {
  if (!settings.quiet) await terminal.stdout.write(`${text}\n`);
}
