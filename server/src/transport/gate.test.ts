import { describe, expect, it } from 'vitest';
import { denialOf, placeOf } from './gate.ts';
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
      const head = requestHead('/v1', '', [['Host', host]]);
      const denial = denialOf(head, '192.0.2.9', closedGate, placeOf(named, address, port, isTls));
      expect(denial?.status).toBe(isKnown ? undefined : 421);
    },
  );
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
