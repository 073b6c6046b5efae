import { BlockList, isIP } from 'node:net';

/** A set of networks, each written as CIDR has it: `10.0.0.0/8`, `2001:db8::/32`, or one address. */
export interface Networks {
  includes(address: string): boolean;
}

/** The networks that `texts` name; the first text that is no network is given instead. */
export function networksOf(
  texts: readonly string[],
): { readonly networks: Networks } | { readonly wrong: string } {
  const list = new BlockList();
  for (const text of texts) {
    const network = parseNetwork(text);
    if (network === undefined) return { wrong: text };
    list.addSubnet(network.address, network.prefix, familyOf(network.address));
  }
  return {
    networks: {
      includes: (address) => isIP(address) !== 0 && list.check(address, familyOf(address)),
    },
  };
}

function parseNetwork(text: string): { address: string; prefix: number } | undefined {
  const [, written = '', digits] = /^([0-9a-f.:]+)(?:\/([0-9]{1,3}))?$/i.exec(text.trim()) ?? [];
  const address = canonicalAddress(written);
  if (address === undefined) return undefined;
  const bits = isIP(address) === 4 ? 32 : 128;
  // `::ffff:10.0.0.0/104` is `10.0.0.0/8`.
  const mapped = bits === 32 && written.includes(':') ? 96 : 0;
  const prefix = digits === undefined ? bits : Number(digits) - mapped;
  return prefix < 0 || prefix > bits ? undefined : { address, prefix };
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 4 ? 'ipv4' : 'ipv6';
}

/**
 * The one text of an address, however it was written, so that two texts are the same peer where they are equal:
 * IPv6 at its shortest, without a zone, and IPv4 as such where it came mapped into IPv6.
 */
export function canonicalAddress(text: string): string | undefined {
  const plain = text.replace(/%[^%]*$/, '');
  if (isIP(plain) === 4) return plain;
  if (isIP(plain) !== 6) return undefined;
  const shortest = new URL(`http://[${plain}]`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(shortest) ?? [];
  if (high === undefined || low === undefined) return shortest;
  const [first, last] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [first >> 8, first & 255, last >> 8, last & 255].join('.');
}

/** Proxies that one request may have gone through. What is named beyond is not looked at. */
const HOPS_MAX = 32;

/** The address of a client, and whether a proxy told it. */
export interface ClientAddress {
  readonly address: string;
  readonly isProxied: boolean;
}

/**
 * Whose request it is that came from `peer`: of a trusted proxy, the right-most address in `X-Forwarded-For` that is
 * no trusted proxy itself. What stands further left came from that client, who may write there what he likes; of
 * any other peer all of it did.
 */
export function clientAddress(
  peer: string,
  forwardedFor: string,
  trusted: Networks,
): ClientAddress {
  const own = canonicalAddress(peer) ?? peer;
  // safeguard: address-is-what-a-trusted-proxy-says
  if (forwardedFor === '' || !trusted.includes(own)) return { address: own, isProxied: false };
  let client: ClientAddress = { address: own, isProxied: false };
  // safeguard: hops-are-bounded
  for (const hop of forwardedFor.split(',').slice(-HOPS_MAX).reverse()) {
    const address = hopAddress(hop.trim());
    // A proxy that names none: what it is itself is the last that is known.
    if (address === undefined) return client;
    client = { address, isProxied: true };
    // safeguard: address-ends-at-who-is-no-proxy
    if (!trusted.includes(address)) return client;
  }
  return client;
}

/** Some proxies add the port. */
function hopAddress(hop: string): string | undefined {
  const [, bracketed, plain] = /^(?:\[([^\]]+)\]|([0-9.]+))(?::[0-9]{1,5})?$/.exec(hop) ?? [];
  return canonicalAddress(bracketed ?? plain ?? hop);
}
