import { expect, it } from 'vitest';
import { nameAmong } from './certificate-name.ts';

it.each([
  ['URI:spiffe://shop/orders, DNS:orders.shop', 'spiffe://shop/orders'],
  ['DNS:orders.shop, URI:spiffe://shop/orders', 'spiffe://shop/orders'],
  ['IP Address:10.0.0.1, DNS:orders.shop, DNS:other.shop', 'orders.shop'],
  ['IP Address:10.0.0.1', undefined],
  ['email:admin@shop', undefined],
  ['DNS:', undefined],
  ['', undefined],
  // A name that has a comma in it, as Node shows it, and what it would pass for.
  ['DNS:"evil.shop, URI:spiffe://shop/admin"', undefined],
])('of a certificate for %j the name is %s', (names, name) => {
  expect(nameAmong(names)).toBe(name);
});
