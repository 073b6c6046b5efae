import { generateKeyPairSync } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JwtScene, jwkOf, keys, mint } from '../../test-support/jwt-scene.ts';

/** An issuer that publishes its keys on this machine, and does not behave. */
class KeyServer {
  readonly #server: Server;
  requests = 0;
  /** What was sent of answers. */
  sentBytes = 0;
  answer: RequestListener = (_, response) => response.end(JSON.stringify({ keys: this.keys }));
  keys: object[] = [jwkOf(keys.ec.publicKey, { kid: 'k1', use: 'sig', alg: 'ES256' })];

  constructor() {
    this.#server = createServer((request, response) => {
      this.requests++;
      this.answer(request, response);
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get uri(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/keys`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

let scene: JwtScene;
let server: KeyServer;
beforeEach(async () => {
  scene = new JwtScene();
  server = new KeyServer();
  await server.listen();
});
afterEach(async () => {
  await server.close();
  scene.end();
});

const open = () => scene.open([scene.issuer({ jwksUri: server.uri, publicKeys: undefined })]);
let subjects = 0;
/** A token that nobody has seen. */
const token = (kid = 'k1', key = keys.ec.privateKey) =>
  mint(
    { alg: 'ES256', kid },
    scene.claims({ sub: `u${subjects++}`, exp: scene.clock.now() / 1_000 + 7_200 }),
    key,
  );
const refused = (code: string) => expect.objectContaining({ name: 'TokenRefused', code });
const MINUTE_MS = 60_000;

describe('keys that are fetched', () => {
  it('are fetched once for all who come at once, and again when they are ten minutes old', async () => {
    const jwt = await open();
    await Promise.all(Array.from({ length: 50 }, () => jwt.verify(token())));
    expect(server.requests).toBe(1);
    scene.pass(9 * MINUTE_MS);
    await jwt.verify(token());
    expect(server.requests).toBe(1);
    scene.pass(MINUTE_MS);
    await jwt.verify(token());
    expect(server.requests).toBe(2);
  });

  it('take a new key with its first token, and one that was withdrawn for ten minutes at most', async () => {
    const jwt = await open();
    const old = token();
    await jwt.verify(old);
    scene.pass(MINUTE_MS);
    server.keys = [jwkOf(keys.other.publicKey, { kid: 'k2' })];
    expect(await jwt.verify(token('k2', keys.other.privateKey))).toMatchObject({ issuer: 'acme' });
    expect(server.requests).toBe(2);
    await expect(jwt.verify(token())).rejects.toEqual(refused('unauthenticated'));
    // Also one that was believed before.
    scene.pass(9 * MINUTE_MS);
    await expect(jwt.verify(old)).rejects.toEqual(refused('unauthenticated'));
  });

  it('are fetched over a connection of their own, which nobody can close before the next fetch', async () => {
    const connections: unknown[] = [];
    const { answer } = server;
    server.answer = (request, response) => {
      connections.push(request.headers.connection);
      answer(request, response);
    };
    const jwt = await open();
    await jwt.verify(token());
    scene.pass(10 * MINUTE_MS);
    await jwt.verify(token());
    expect(connections).toEqual(['close', 'close']);
  });

  it('are not taken where they are meant for something else, or are secrets', async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const bad = [
      jwkOf(keys.ec.publicKey, { kid: 'k1', use: 'enc' }),
      jwkOf(keys.ec.publicKey, { kid: 'k1', alg: 'ES384' }),
      jwkOf(keys.ec.publicKey, { kid: 'k1', key_ops: ['sign'] }),
      jwkOf(keys.ec.privateKey, { kid: 'k1' }),
      { kty: 'oct', k: 'AAAA', kid: 'k1' },
      jwkOf(publicKey, { kid: 'k1' }),
      { kid: 'k1' },
      { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA', kid: 'k1' },
    ];
    for (const key of bad) {
      server.keys = [key];
      const jwt = await open();
      await expect(jwt.verify(token())).rejects.toEqual(refused('unauthenticated'));
    }
    server.keys = [...bad.slice(0, 7), jwkOf(keys.ec.publicKey, { kid: 'k1' })];
    expect(await (await open()).verify(token())).toMatchObject({ issuer: 'acme' });
  });

  it('32 are asked for once in thirty seconds by ten thousand tokens with ids that nobody knows', async () => {
    const jwt = await open();
    await jwt.verify(token());
    for (let i = 0; i < 10_000; i++)
      await expect(jwt.verify(token(`evil-${i}`))).rejects.toEqual(refused('unauthenticated'));
    expect(server.requests).toBe(1);
    scene.pass(30_000);
    for (let i = 0; i < 100; i++)
      await expect(jwt.verify(token(`evil-${i}`))).rejects.toEqual(refused('unauthenticated'));
    expect(scene.said).toEqual([]);
    expect(server.requests).toBe(2);
    expect(await jwt.verify(token())).toMatchObject({ issuer: 'acme' });
  });

  it('32 are used for an hour while the issuer is down, and then nobody is let in until it is back', async () => {
    const jwt = await open();
    await jwt.verify(token());
    const known = token();
    const { answer } = server;
    server.answer = (request) => request.destroy();
    scene.pass(59 * MINUTE_MS);
    expect(await jwt.verify(known)).toMatchObject({ issuer: 'acme' });
    expect(await jwt.verify(token())).toMatchObject({ issuer: 'acme' });
    expect(server.requests).toBe(2);
    scene.pass(MINUTE_MS);
    await expect(jwt.verify(token())).rejects.toEqual(refused('unavailable'));
    await expect(jwt.verify(known)).rejects.toEqual(refused('unavailable'));
    server.answer = answer;
    scene.pass(30_000);
    expect(await jwt.verify(token())).toMatchObject({ issuer: 'acme' });
    expect(scene.said).toEqual([
      expect.stringMatching(
        /^error: the keys of the issuer acme cannot be fetched: fetch failed: /,
      ),
      'info: the keys of the issuer acme can be fetched again',
    ]);
  });

  it('32 are waited for no longer than five seconds, by no more than 256 tokens', async () => {
    let asked = () => {};
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    server.answer = (_, response) => {
      // A byte now and then would keep whoever waits for the next one.
      response.write('{"keys":');
      asked();
    };
    const jwt = await open();
    const all = Array.from({ length: 300 }, () => jwt.verify(token()));
    const ends = Promise.allSettled(all);
    await isAsked;
    scene.pass(5_000);
    const codes = (await ends).map((end) => (end.status === 'rejected' ? end.reason.code : ''));
    expect(codes.filter((code) => code === 'rate_limited')).toHaveLength(300 - 256);
    expect(codes.filter((code) => code === 'unavailable')).toHaveLength(256);
    expect(scene.said).toEqual([expect.stringContaining('no answer within 5 s')]);
    expect(server.requests).toBe(1);
  });

  it('32 are given up where the answer has a GiB, after one MiB of it', async () => {
    const piece = Buffer.alloc(64 * 1024, ' ');
    server.answer = (_, response) => {
      const more = () => {
        while (server.sentBytes < 2 ** 30 && !response.destroyed) {
          server.sentBytes += piece.length;
          if (!response.write(piece)) return void response.once('drain', more);
        }
        response.end();
      };
      more();
    };
    const jwt = await open();
    await expect(jwt.verify(token())).rejects.toEqual(refused('unavailable'));
    expect(scene.said).toEqual([expect.stringContaining('over 1048576 bytes')]);
    expect(server.sentBytes).toBeLessThan(64 * 2 ** 20);
  });

  it('32 are not followed to where a redirect points', async () => {
    const inside = new KeyServer();
    await inside.listen();
    for (const status of [301, 302, 303, 307, 308]) {
      server.answer = (_, response) => response.writeHead(status, { location: inside.uri }).end();
      const jwt = await open();
      await expect(jwt.verify(token())).rejects.toEqual(refused('unavailable'));
    }
    expect(inside.requests).toBe(0);
    await inside.close();
  });

  it.each([
    ['an error', 500, '{"keys":[]}'],
    ['a page', 200, '<html>'],
    ['no set', 200, '{"key":[]}'],
    ['nothing', 204, ''],
  ])('32 are none where the answer is %s', async (_, status, body) => {
    server.answer = (_request, response) => response.writeHead(status).end(body);
    await expect((await open()).verify(token())).rejects.toEqual(refused('unavailable'));
  });

  it('live no longer because the clock was set back', async () => {
    const jwt = await open();
    await jwt.verify(token());
    scene.pass(9 * MINUTE_MS);
    scene.clock.step(-3 * 3_600_000);
    scene.pass(MINUTE_MS);
    await jwt.verify(token());
    expect(server.requests).toBe(2);
  });
});
