import { describe, expect, it } from 'vitest';
import { canonicalAddress, clientAddress, type Networks, networksOf } from './networks.ts';

function networks(...texts: string[]): Networks {
  const parsed = networksOf(texts);
  if ('wrong' in parsed) throw new Error(`no network: ${parsed.wrong}`);
  return parsed.networks;
}

describe('a network', () => {
  it.each([
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.1.2.3/8', '10.9.9.9', true],
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.7', '192.0.2.8', false],
    ['192.0.2.7/32', '192.0.2.6', false],
    ['0.0.0.0/0', '203.0.113.9', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['2001:DB8::1', '2001:db8::1', true],
    ['::1', '::1', true],
    ['::1', '127.0.0.1', false],
    ['::ffff:10.0.0.0/104', '10.2.3.4', true],
    ['::ffff:10.0.0.0/104', '11.2.3.4', false],
    ['10.0.0.0/8', '::ffff:10.2.3.4', true],
    ['10.0.0.0/8', 'unknown', false],
    ['10.0.0.0/8', '', false],
  ])('%s has %s: %s', (network, address, isIn) => {
    expect(networks(network).includes(address)).toBe(isIn);
  });

  it.each([
    '',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/',
    '10.0.0/8',
    '010.0.0.0/8',
    '2001:db8::/129',
    '::ffff:10.0.0.0/8',
    'localhost',
    'fe80::1%eth0/64',
    '*',
    '10.0.0.0/8,11.0.0.0/8',
  ])('is not what %j says', (text) => {
    expect(networksOf(['127.0.0.1', text])).toEqual({ wrong: text });
  });
});

describe('the text of an address', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:c000:207', '192.0.2.7'],
    ['2001:0DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['256.0.0.1', undefined],
    ['example.org', undefined],
    ['', undefined],
  ])('of %s is %s', (text, canonical) => {
    expect(canonicalAddress(text)).toBe(canonical);
  });
});

describe('whose request it is', () => {
  const trusted = networks('10.0.0.0/8', '::1');

  it.each([
    ['nobody is believed who is no proxy', '203.0.113.9', '6.6.6.6', '203.0.113.9', false],
    ['a proxy that says nothing', '10.0.0.1', '', '10.0.0.1', false],
    ['the one that the proxy names', '10.0.0.1', '198.51.100.7', '198.51.100.7', true],
    ['what a client wrote before it', '10.0.0.1', '6.6.6.6, 198.51.100.7', '198.51.100.7', true],
    ['a chain of proxies', '10.0.0.1', '6.6.6.6, 198.51.100.7,10.0.0.2', '198.51.100.7', true],
    ['a client inside the network of the proxies', '10.0.0.1', '10.0.0.9', '10.0.0.9', true],
    ['a mapped proxy', '::ffff:10.0.0.1', '198.51.100.7', '198.51.100.7', true],
    ['a proxy on IPv6, with ports', '::1', '[2001:DB8::7]:443', '2001:db8::7', true],
    ['a port', '10.0.0.1', '198.51.100.7:4711', '198.51.100.7', true],
    ['no address', '10.0.0.1', 'unknown', '10.0.0.1', false],
    ['no address behind a proxy', '10.0.0.1', '6.6.6.6, _hidden, 10.0.0.2', '10.0.0.2', true],
    ['markup', '10.0.0.1', '<script>', '10.0.0.1', false],
  ])('%s', (_, peer, forwardedFor, address, isProxied) => {
    expect(clientAddress(peer, forwardedFor, trusted)).toEqual({ address, isProxied });
  });

  it('is looked for in the last hops alone, however many there are', () => {
    const forwardedFor = `6.6.6.6, ${'10.0.0.2, '.repeat(1_000)}10.0.0.2`;
    expect(clientAddress('10.0.0.1', forwardedFor, trusted).address).toBe('10.0.0.2');
  });

  it('is the peer, whatever it says, where no proxy is trusted', () => {
    const none = networks();
    expect(clientAddress('127.0.0.1', '6.6.6.6', none).address).toBe('127.0.0.1');
  });
});
