import { type Contexts, nameProblem, PROFILES_MAX, type Profile, urlsProblem } from './profile.ts';

/** Of the file. Another one is of a newer `confer`, and means what this one does not know. */
const VERSION = 1;

/** The text is no file of contexts; the message says why, for people. */
export class ContextsProblem extends Error {
  override readonly name = 'ContextsProblem';
}

/** What the text of the file says. */
export function parseContexts(text: string): Contexts {
  const { version, current, contexts, ...others } = recordOf(jsonOf(text), 'it');
  if (version !== VERSION)
    throw new ContextsProblem(
      `it is of version ${JSON.stringify(version) ?? 'none'}, and this confer knows version ${VERSION}`,
    );
  refuseOthers(others, 'it');
  const profiles = new Map(
    Object.entries(recordOf(contexts, '"contexts"')).map(([name, profile]) => [
      checkedName(name),
      profileOf(profile, name),
    ]),
  );
  if (profiles.size > PROFILES_MAX)
    throw new ContextsProblem(`it has more than ${PROFILES_MAX} contexts`);
  if (current === undefined) return { current: undefined, profiles };
  if (typeof current !== 'string' || !profiles.has(current))
    throw new ContextsProblem('"current" names no context of it');
  return { current, profiles };
}

export function formatContexts({ current, profiles }: Contexts): string {
  const contexts = Object.fromEntries(profiles);
  const file = { version: VERSION, ...(current === undefined ? {} : { current }), contexts };
  return `${JSON.stringify(file, null, 2)}\n`;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ContextsProblem(
      `it is not JSON: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function profileOf(data: unknown, name: string): Profile {
  const what = `the context ${name}`;
  const { url, production, tokenFile, ca, cert, key, ...others } = recordOf(data, what);
  refuseOthers(others, what);
  if (typeof url !== 'string') throw new ContextsProblem(`${what} has no "url"`);
  const problem = urlsProblem(url);
  if (problem !== undefined) throw new ContextsProblem(`${what}: ${problem}`);
  if (production !== undefined && typeof production !== 'boolean')
    throw new ContextsProblem(`"production" of ${what} is neither true nor false`);
  return {
    url,
    ...fileOf({ tokenFile }, what),
    ...fileOf({ ca }, what),
    ...fileOf({ cert }, what),
    ...fileOf({ key }, what),
    ...(production === true ? { production } : {}),
  };
}

function fileOf(field: Readonly<Record<string, unknown>>, what: string): Record<string, string> {
  const [[name = '', file] = []] = Object.entries(field);
  if (file === undefined) return {};
  if (typeof file !== 'string' || !file.startsWith('/'))
    throw new ContextsProblem(`"${name}" of ${what} is not the absolute path of a file`);
  return { [name]: file };
}

function checkedName(name: string): string {
  const problem = nameProblem(name);
  if (problem !== undefined) throw new ContextsProblem(problem);
  return name;
}

/** A field with a typing error in its name would be left out without a word. */
function refuseOthers(others: object, what: string): void {
  const [other] = Object.keys(others);
  if (other !== undefined)
    throw new ContextsProblem(`${what} has ${JSON.stringify(other)}, which nobody knows`);
}

function recordOf(data: unknown, what: string): Readonly<Record<string, unknown>> {
  if (isRecord(data)) return data;
  throw new ContextsProblem(`${what} is no object`);
}

function isRecord(data: unknown): data is Readonly<Record<string, unknown>> {
  return typeof data === 'object' && data !== null && !Array.isArray(data);
}
