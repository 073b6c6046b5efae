import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createAuthority, issueCertificate } from './issue.ts';

const DAY_MS = 24 * 60 * 60_000;
const from = Date.UTC(2026, 0, 1);
const validity = { from, to: from + DAY_MS };

describe('a certificate', () => {
  const authority = createAuthority('an authority', validity);
  const root = new X509Certificate(authority.cert);

  it('of an authority is one, and signs itself', () => {
    expect(root.ca).toBe(true);
    expect(root.subject).toBe('CN=an authority');
    expect(root.verify(root.publicKey)).toBe(true);
    expect(root.checkPrivateKey(createPrivateKey(authority.key))).toBe(true);
  });

  it('that it issues is signed by it, for those names, for that time', () => {
    const names = ['config.example', '127.0.0.1', '2001:db8::1:0', '::1', 'spiffe://shop/orders'];
    const { cert, key } = issueCertificate(authority, {
      commonName: 'grüße 👋',
      names,
      usage: 'server',
      ...validity,
    });
    const issued = new X509Certificate(cert);
    expect(issued.checkIssued(root)).toBe(true);
    expect(issued.verify(root.publicKey)).toBe(true);
    expect(issued.ca).toBe(false);
    expect(issued.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(issued.checkHost('config.example')).toBe('config.example');
    expect(issued.checkHost('other.example')).toBeUndefined();
    for (const address of ['127.0.0.1', '2001:db8::1:0', '::1'])
      expect(issued.checkIP(address)).toBe(address);
    expect(issued.subjectAltName).toContain('URI:spiffe://shop/orders');
    expect(issued.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(Date.parse(issued.validFrom)).toBe(validity.from);
    expect(Date.parse(issued.validTo)).toBe(validity.to);
  });

  it.each([Date.UTC(2049, 11, 31), Date.UTC(2050, 0, 1)])('says that it ends at %i', (to) => {
    expect(Date.parse(new X509Certificate(createAuthority('a', { from, to }).cert).validTo)).toBe(
      to,
    );
  });

  it('has a number of its own', () => {
    const numbers = [1, 2, 3].map(
      () => new X509Certificate(createAuthority('a', validity).cert).serialNumber,
    );
    expect(new Set(numbers).size).toBe(3);
  });
});
