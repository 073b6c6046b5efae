/** A server by a name, and how to get to it. It names files, and never holds a secret. */
export interface Profile {
  /** One URL, or several of one cluster with commas between them. */
  readonly url: string;
  /** Absolute, as all its files: a context is used from anywhere. */
  readonly tokenFile?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Commands that write ask first. */
  readonly production?: true;
}

/** All that the file of contexts says. */
export interface Contexts {
  /** The one in use, where there is one. */
  readonly current: string | undefined;
  readonly profiles: ReadonlyMap<string, Profile>;
}

export const NO_CONTEXTS: Contexts = { current: undefined, profiles: new Map() };

/** More names than anybody has servers. */
export const PROFILES_MAX = 1_000;

const NAME = /^[A-Za-z0-9][\w.-]{0,63}$/;

/** Why a context cannot be called that, or `undefined` when it can. */
export function nameProblem(name: string): string | undefined {
  return NAME.test(name)
    ? undefined
    : `${JSON.stringify(name.slice(0, 80))} is no name of a context: up to 64 letters, digits, ".", "_" and "-", of which the first is a letter or a digit`;
}

const SCHEMES = ['http:', 'https:', 'ws:', 'wss:'];

/** Why these are no servers, or `undefined` when they are. Only the form: nobody is asked. */
export function urlsProblem(urls: string): string | undefined {
  for (const text of urls.split(',')) {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || !SCHEMES.includes(url.protocol))
      return `${JSON.stringify(text)} is not the URL of a server, such as http://127.0.0.1:7480`;
    if (url.username !== '' || url.password !== '')
      return 'a URL in a context has no user name and no password: secrets are not kept in it';
  }
  return undefined;
}
