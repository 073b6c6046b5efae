/**
 * Makes the key that an application signs tickets with, once: `ticket-key.pem` stays with the application, and
 * `issuers.json`, with the public key, goes to the server: confer serve --issuers issuers.json
 */
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');

writeFileSync('ticket-key.pem', privateKey.export({ type: 'pkcs8', format: 'pem' }), {
  mode: 0o600,
  flag: 'wx',
});

const shop = {
  name: 'shop',
  issuer: 'https://shop.example',
  publicKeys: [publicKey.export({ type: 'spki', format: 'pem' })],
  audience: 'confer',
  algorithms: ['EdDSA'],
  // What every ticket gives, and what none goes beyond.
  roles: ['shop-browser'],
  ceiling: 'shop-browser',
};
writeFileSync('issuers.json', `${JSON.stringify({ issuers: [shop] }, null, 2)}\n`);
