/** What a client says of itself, as a server tells it. Untrusted: print it by `oneLine`. */
export interface ClientInfo {
  readonly name?: string;
  readonly version?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** `orders 4.2.0`. */
export function clientName({ name = '-', version }: ClientInfo = {}): string {
  return version === undefined ? name : `${name} ${version}`;
}

/** `zone=a tier=1`. */
export function clientLabels({ labels = {} }: ClientInfo = {}): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return pairs.join(' ') || '-';
}
