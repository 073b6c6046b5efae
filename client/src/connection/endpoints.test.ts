import { expect, test } from 'vitest';
import { endpointsOf } from './endpoints.ts';

test.each([
  ['http://127.0.0.1:7480', 'ws://127.0.0.1:7480/v1'],
  ['ws://127.0.0.1:7480/v1', 'ws://127.0.0.1:7480/v1'],
  ['https://config.example', 'wss://config.example/v1'],
  ['wss://config.example:8443/anything?else', 'wss://config.example:8443/v1'],
  ['http://[::1]:7480/', 'ws://[::1]:7480/v1'],
])('the server of the URL %s is reached at %s', (url, socketUrl) => {
  expect(endpointsOf(url)).toEqual([{ name: url, socketUrl }]);
});

test('the URLs of several servers keep their order', () => {
  expect(endpointsOf(['http://a', 'http://b']).map(({ name }) => name)).toEqual([
    'http://a',
    'http://b',
  ]);
});

test.each(['localhost:7480', 'ftp://host', 'http://', '', '/v1'])(
  '%j is refused as the URL of a server',
  (url) => {
    expect(() => endpointsOf(url)).toThrow(
      expect.objectContaining({ name: 'ConferError', code: 'invalid_argument' }),
    );
  },
);

test('an empty list of URLs is refused', () => {
  expect(() => endpointsOf([])).toThrow('at least one server');
});
