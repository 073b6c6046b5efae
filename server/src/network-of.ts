/** Whose addresses count as one: an IPv6 customer has a /64 at least, and so any number of them. */
export function networkOf(address: string): string {
  // safeguard: addresses-of-a-network-count-as-one
  if (!address.includes(':') || address.includes('.')) return address;
  const [head = '', tail = ''] = address.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === '' ? [] : tail.split(':');
  const zeros = address.includes('::')
    ? Array.from({ length: 8 - before.length - after.length }, () => '0')
    : [];
  return `${[...before, ...zeros, ...after].slice(0, 4).join(':')}::/64`;
}
