import { limits } from './limits.ts';
import { codeUnitRank, hasLoneSurrogate, utf8Length } from './utf8.ts';

/** The subtree of everything. No entry lives at it. */
export const ROOT = '/';

const SLASH = 0x2f;

/** A segment of this name belongs to the server, at every level of the tree. */
const RESERVED = '.confer';

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/**
 * Nearly every path there is: printable ASCII, and nothing about it to be looked at twice. The server
 * checks each path of each request, and this takes a tenth of the time of the rules one by one.
 */
const PLAIN = /^(?:\/(?!\.\.?(?:\/|$))[ -.0-~]{1,255}){1,64}$/;

/** Why `path` cannot name an entry, or `undefined` when it can. */
export function pathProblem(path: string): string | undefined {
  return path.length <= limits.pathBytesMax && PLAIN.test(path) ? undefined : brokenPathRule(path);
}

/** The same for who checks few paths: the rules, one by one. */
export function brokenPathRule(path: string): string | undefined {
  if (!path.startsWith('/')) return 'a path starts with "/"';
  if (path === ROOT) return 'the root "/" holds no entry';
  if (path.endsWith('/')) return 'a path does not end with "/"';
  if (CONTROL.test(path)) return 'a path holds no control characters';
  if (hasLoneSurrogate(path)) return 'a path holds no lone surrogates';
  if (utf8Length(path) > limits.pathBytesMax)
    return `a path is at most ${limits.pathBytesMax} bytes long`;
  const segments = segmentsOf(path);
  if (segments.length > limits.pathSegmentsMax)
    return `a path has at most ${limits.pathSegmentsMax} segments`;
  for (const segment of segments) {
    const problem = segmentProblem(segment);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Why `path` cannot name a subtree, or `undefined` when it can. */
export function subtreeProblem(path: string): string | undefined {
  return path === ROOT ? undefined : pathProblem(path);
}

function segmentProblem(segment: string): string | undefined {
  if (segment === '') return 'a path has no empty segment ("//")';
  if (segment === '.' || segment === '..') return 'a path has no "." or ".." segment';
  if (segment.length * 3 > limits.segmentBytesMax && utf8Length(segment) > limits.segmentBytesMax)
    return `a segment of a path is at most ${limits.segmentBytesMax} bytes long`;
  return undefined;
}

/** The segments of a path; none for the root. */
export function segmentsOf(path: string): string[] {
  return path === ROOT ? [] : path.slice(1).split('/');
}

/** The path of `segment` below `parent`. */
export function childOf(parent: string, segment: string): string {
  return parent === ROOT ? `/${segment}` : `${parent}/${segment}`;
}

/** The last segment of a path; empty for the root. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Whether `path` is `subtree` or lies below it. Segment-safe: `/app` does not hold `/apple`. */
export function isWithin(path: string, subtree: string): boolean {
  if (subtree === ROOT) return true;
  if (!path.startsWith(subtree)) return false;
  // safeguard: subtree-ends-at-a-slash
  return path.length === subtree.length || path.charCodeAt(subtree.length) === SLASH;
}

/** Whether a path belongs to the server, because a segment of it does: nobody else writes there. */
export function isReserved(path: string): boolean {
  return lastReserved(path) !== -1;
}

/**
 * Whether a path of a subtree is left out where the subtree is read, watched, exported or removed: what
 * belongs to the server is part of nothing above it, and only shows to who asks for just that.
 */
export function isHiddenIn(path: string, subtree: string): boolean {
  return lastReserved(path) >= (subtree === ROOT ? 0 : subtree.length);
}

/** Whether a path is in a subtree as it is read and watched. */
export function isShownIn(path: string, subtree: string): boolean {
  return isWithin(path, subtree) && !isHiddenIn(path, subtree);
}

/** Where the last reserved segment of a path begins; -1 where there is none, as in nearly all. */
export function lastReserved(path: string): number {
  // The name alone first: a search for the slash before it stops at each segment of a deep path.
  return path.includes(RESERVED) ? `${path}/`.lastIndexOf(`/${RESERVED}/`) : -1;
}

/** `path` relative to `subtree`, without a leading slash; empty for the subtree's own path. */
export function relativeTo(path: string, subtree: string): string {
  return path.slice(subtree === ROOT ? 1 : subtree.length + 1);
}

/** The subtrees that hold `path`, from the root down to the path itself. */
export function subtreesOf(path: string): string[] {
  const subtrees = [ROOT];
  if (path === ROOT) return subtrees;
  for (let end = path.indexOf('/', 1); end !== -1; end = path.indexOf('/', end + 1))
    subtrees.push(path.slice(0, end));
  subtrees.push(path);
  return subtrees;
}

/**
 * The order of the tree: segment by segment by code point, parents before their children. A
 * subtree is one unbroken run in it, which plain string order does not give (`-` sorts before `/`).
 */
export function comparePaths(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left === right) continue;
    // No character of a segment comes before the separator.
    if (left === SLASH || right === SLASH) return left === SLASH ? -1 : 1;
    return codeUnitRank(left) - codeUnitRank(right);
  }
  return a.length - b.length;
}

/**
 * A string whose code point (and so UTF-8) order is `comparePaths`. U+0001 can stand for the
 * separator because no path holds control characters, and it sorts before all that they do hold.
 */
export function orderKey(path: string): string {
  return path === ROOT ? '' : path.replaceAll('/', '\u0001');
}

/** The path that `orderKey` was made from. */
export function pathOfOrderKey(key: string): string {
  return key === '' ? ROOT : key.replaceAll('\u0001', '/');
}
