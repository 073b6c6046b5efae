/**
 * Signs a ticket for somebody who has logged in to the application: a JWT that the browser shows to Confer. It needs
 * no library, and no request to Confer.
 */
import { createPrivateKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';

const key = createPrivateKey(readFileSync('ticket-key.pem'));
const TEN_MINUTES_S = 600;

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** `user` becomes the principal `shop:<user>`, which may only read, and only below the paths. */
export function ticketFor(user, paths) {
  const now = Math.floor(Date.now() / 1000);
  const header = { alg: 'EdDSA', typ: 'JWT' };
  const claims = {
    iss: 'https://shop.example',
    aud: 'confer',
    sub: user,
    iat: now,
    exp: now + TEN_MINUTES_S,
    confer: { read: paths },
  };
  const text = `${encode(header)}.${encode(claims)}`;
  return `${text}.${sign(null, Buffer.from(text), key).toString('base64url')}`;
}

// node ticket.mjs alice /shop/public
const [user, ...paths] = process.argv.slice(2);
if (user !== undefined) console.log(ticketFor(user, paths));
