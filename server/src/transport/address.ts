import { lookup } from 'node:dns/promises';
import { createServer, isIPv6 } from 'node:net';

/**
 * The address to bind for `host`. Both transports bind addresses, never names: uWebSockets.js takes
 * the IPv6 address of a name that has both, where most tools that are told `localhost` try IPv4.
 */
export async function resolveHost(host: string): Promise<string> {
  const { address } = await lookup(host, { order: 'ipv4first' });
  return address;
}

/** An address as the log shows it. The port is left out where the library does not tell it. */
export function addressText(address: string, port?: number): string {
  const plain = unmapped(address);
  if (port === undefined) return plain;
  return isIPv6(plain) ? `[${plain}]:${port}` : `${plain}:${port}`;
}

/** The text of an address of four or sixteen bytes. */
export function addressOfBytes(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  // The connection is gone before it was asked.
  if (bytes.length !== 16) return 'unknown';
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const groups = Array.from({ length: 8 }, (_, at) => view.getUint16(2 * at).toString(16));
  const isMapped = groups.slice(0, 6).join(':') === '0:0:0:0:0:ffff';
  return isMapped ? bytes.slice(12).join('.') : shortest(groups.join(':'));
}

/** IPv4 clients of a socket that listens on `::` come as `::ffff:127.0.0.1`. */
function unmapped(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}

/** The longest run of zero groups becomes `::`, as a URL's host has it. */
function shortest(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

/** Why nobody can listen there now: the error the system has for node:net, if it has one. */
export function listenError(host: string, port: number): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', resolve);
    probe.listen({ host, port, exclusive: true }, () => {
      probe.close(() => resolve(undefined));
    });
  });
}
