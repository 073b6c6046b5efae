import { describe, expect, it } from 'vitest';
import { denialOf, type Gate, placeOf } from './gate.ts';
import { headerLines } from './http.ts';
import { requestHead } from './request-head.ts';
import { closedGate } from './scene.contract.ts';

describe('a server on an address of a network', () => {
  it.each<[string, string, number, boolean, string, boolean]>([
    ['192.0.2.1', '192.0.2.1', 7480, false, '192.0.2.1:7480', true],
    ['192.0.2.1', '192.0.2.1', 7480, false, '192.0.2.1', false],
    ['192.0.2.1', '192.0.2.1', 7480, false, '192.0.2.1:81', false],
    ['192.0.2.1', '192.0.2.1', 7480, false, '192.0.2.2:7480', false],
    ['192.0.2.1', '192.0.2.1', 80, false, '192.0.2.1', true],
    ['192.0.2.1', '192.0.2.1', 80, true, '192.0.2.1', false],
    ['192.0.2.1', '192.0.2.1', 443, true, '192.0.2.1', true],
    ['Config.Lan', '192.0.2.1', 7480, false, 'config.lan:7480', true],
    ['Config.Lan', '192.0.2.1', 7480, false, '192.0.2.1:7480', true],
    ['Config.Lan', '192.0.2.1', 7480, false, 'other.lan:7480', false],
    ['2001:DB8:0::1', '2001:db8::1', 7480, false, '[2001:db8::0:1]:7480', true],
    ['0:0:0:0:0:0:0:0', '::', 7480, false, '[2001:db8::9]:81', true],
    ['::', '::', 7480, false, '192.0.2.1:81', true],
    ['::', '::', 7480, false, 'config.lan:7480', false],
    ['192.0.2.1', '192.0.2.1', 7480, false, 'localhost:9000', true],
  ])(
    'that listens on %s (%s) at port %i, TLS %s, is asked as %s: %s',
    (named, address, port, isTls, host, isKnown) => {
      const head = requestHead('GET', '/v1', '', [['Host', host]]);
      const denial = denialOf(head, '192.0.2.9', closedGate, placeOf(named, address, port, isTls));
      expect(denial?.status).toBe(isKnown ? undefined : 421);
    },
  );
});

/** A server at 192.0.2.1:7480 without TLS, a listed origin, a public name, and a proxy at 192.0.2.8. */
const place = placeOf('192.0.2.1', '192.0.2.1', 7480, false);
const gate: Gate = {
  origins: new Set(['https://console.example']),
  publicHosts: new Set(['config.example']),
  takesLoopbackPages: false,
  trustedProxies: { includes: (address) => address === '192.0.2.8' },
};
const OWN: readonly [string, string] = ['Host', '192.0.2.1:7480'];

const LENGTH: readonly [string, string] = ['Content-Length', '1'];
const CHUNKS: readonly [string, string] = ['Transfer-Encoding', 'chunked'];

describe('a request', () => {
  it.each<[string, readonly (readonly [string, string])[], number | undefined, string?]>([
    ['of its own name', [OWN], undefined],
    ['with headers of 17 KiB', [OWN, ['X', 'x'.repeat(17 * 1024)]], 431],
    ['with two hosts', [OWN, OWN], 400],
    ['with two lengths', [OWN, ['Content-Length', '1'], ['content-length', '2']], 400],
    ['with a length and chunks', [OWN, LENGTH, CHUNKS], 400],
    ['with a length that is a sum', [OWN, ['Content-Length', '1+1']], 400],
    ['with a length beyond counting', [OWN, ['Content-Length', '9'.repeat(16)]], 400],
    ['with a length', [OWN, LENGTH], undefined],
    ['with a body in chunks', [OWN, CHUNKS], 411],
    ['with letters in its query that are not escaped', [OWN], 400, 'x=ü'],
    ['without a host', [], 400],
    ['with a token in its address', [OWN], 400, 'a=b&%61ccess_token=x'],
    ['with something else in its address', [OWN], undefined, 'tokens=x'],
    ['of a name that is none of its own', [['Host', 'evil.example:7480']], 421],
    ['of what is no name', [['Host', 'a b']], 421],
    ['of a public name', [['Host', 'config.example:8443']], undefined],
    ['of another port of its own address', [['Host', '192.0.2.1:7481']], 421],
    ['of a page that is listed', [OWN, ['Origin', 'https://console.example']], undefined],
    ['of another page', [OWN, ['Origin', 'https://evil.example']], 403],
    ['of a page of this machine', [OWN, ['Origin', 'http://localhost:3000']], 403],
    ['of its own page', [OWN, ['Origin', 'http://192.0.2.1:7480']], undefined],
    ['of its own page, with TLS that it has not', [OWN, ['Origin', 'https://192.0.2.1:7480']], 403],
    ['across sites', [OWN, ['Sec-Fetch-Site', 'cross-site']], 403],
    [
      'of its own page, across sites',
      [OWN, ['Origin', 'http://192.0.2.1:7480'], ['Sec-Fetch-Site', 'cross-site']],
      403,
    ],
  ])('%s is let in or not', (_, lines, status, query = '') => {
    const head = requestHead('GET', '/v1', query, lines);
    expect(denialOf(head, '192.0.2.9', gate, place)?.status).toBe(status);
  });

  it.each<[string, string, string, number?]>([
    ['that asks for an echo', 'TRACE', '/v1', 501],
    ['that asks for a tunnel', 'CONNECT', '/v1', 501],
    ['for all of a server', 'OPTIONS', '*', 400],
    ['for an address of any server', 'GET', 'http://192.0.2.1:7480/v1', 400],
    ['for what is not escaped', 'GET', '/v1/kv/ü', 400],
    ['for what is escaped', 'DELETE', '/v1/kv/%C3%BC'],
  ])('%s is let in or not', (_, method, path, status) => {
    const head = requestHead(method, path, '', [OWN]);
    expect(denialOf(head, '192.0.2.9', gate, place)?.status).toBe(status);
  });

  it.each([
    ['a proxy that is trusted', '192.0.2.8', undefined],
    ['anybody else, who says as much', '192.0.2.9', 403],
  ])('is of a page with TLS where it comes by %s', (_, peer, status) => {
    const lines = [
      OWN,
      ['Origin', 'https://192.0.2.1:7480'],
      ['X-Forwarded-Proto', 'https'],
    ] as const;
    expect(denialOf(requestHead('GET', '/v1', '', lines), peer, gate, place)?.status).toBe(status);
  });

  it('of a page of this machine is let in where nobody has to say who he is', () => {
    const open = { ...gate, takesLoopbackPages: true };
    for (const [origin, status] of [
      ['http://localhost:3000'],
      ['https://evil.example', 403],
    ] as const) {
      const head = requestHead('GET', '/v1', '', [OWN, ['Origin', origin]]);
      expect(denialOf(head, '127.0.0.1', open, place)?.status).toBe(status);
    }
  });
});

describe('the headers of an answer', () => {
  it.each([
    ['"etag"', '"etag"'],
    ['a\r\nset-cookie: b=c', 'a%0d%0aset-cookie: b=c'],
    ['grüße', 'gr%c3%bc%c3%9fe'],
    ['\0\x7f\ud800', '%00%7f%ef%bf%bd'],
  ])('have of %j what can do no harm', (text, value) => {
    const answer = { status: 200, reason: 'OK', headers: { etag: text }, text: '' };
    expect(headerLines(answer)).toEqual([['etag', value]]);
  });
});
