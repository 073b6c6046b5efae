import type { Method, Route } from './route.ts';

/** The routes of one address. */
export interface Found {
  readonly routes: ReadonlyMap<string, Route>;
  /** The methods that it takes, as the header `Allow` has them. */
  readonly allow: string;
  /** What the star stands for, as it came: `/` where there is nothing. */
  readonly rest: string;
}

type Place = Pick<Found, 'routes' | 'allow'>;

const STAR = '/*';

/**
 * Finds routes by their address, compared as it came: what is percent-encoded in the name of a route is another one, so
 * that nobody in front of the server and the server read two different addresses.
 */
export class RouteTable {
  readonly #exact = new Map<string, Place>();
  readonly #below = new Map<string, Place>();

  constructor(routes: readonly Route[]) {
    const byPattern = new Map<string, Map<Method, Route>>();
    for (const route of routes) {
      const known = byPattern.get(route.pattern) ?? new Map<Method, Route>();
      byPattern.set(route.pattern, known.set(route.method, route));
    }
    for (const [pattern, methods] of byPattern) {
      const place = { routes: methods, allow: allowOf(methods) };
      if (pattern.endsWith(STAR)) this.#below.set(pattern.slice(0, -STAR.length), place);
      else this.#exact.set(pattern, place);
    }
  }

  find(path: string): Found | undefined {
    const place = this.#exact.get(path);
    if (place !== undefined) return { ...place, rest: '/' };
    for (const [start, below] of this.#below) {
      if (path === start) return { ...below, rest: '/' };
      if (path.startsWith(`${start}/`)) return { ...below, rest: path.slice(start.length) };
    }
    return undefined;
  }
}

function allowOf(methods: ReadonlyMap<Method, Route>): string {
  const head = methods.has('GET') ? ['HEAD'] : [];
  return [...methods.keys(), ...head, 'OPTIONS'].join(', ');
}
