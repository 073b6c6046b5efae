/** What a request says before its body, as both transports hand it to the gate. */
export interface RequestHead {
  /** In capitals: `GET`. */
  readonly method: string;
  readonly path: string;
  /** Without the question mark; empty where there is none. */
  readonly query: string;
  /** By lower-case name. What came several times has several values. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  /** Of the address, and of all names and values. */
  readonly headerBytes: number;
}

export function requestHead(
  method: string,
  path: string,
  query: string,
  lines: Iterable<readonly [name: string, value: string]>,
): RequestHead {
  const headers = new Map<string, string[]>();
  let headerBytes = path.length + query.length;
  for (const [name, value] of lines) {
    headerBytes += name.length + value.length;
    const key = name.toLowerCase();
    const values = headers.get(key);
    if (values === undefined) headers.set(key, [value]);
    else values.push(value);
  }
  return { method, path, query, headers, headerBytes };
}

/** A header that may be there once, or is a list over all its lines; empty where it is missing. */
export function headerOf({ headers }: RequestHead, name: string): string {
  return headers.get(name)?.join(',') ?? '';
}

/** How long the body is, as its request says. */
export function saidBytes(head: RequestHead): number {
  return Number(headerOf(head, 'content-length'));
}
