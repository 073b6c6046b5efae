import { describe, expect, inject, it } from 'vitest';
import { transportContract } from './transport.contract.ts';
import { loadUws } from './uws.ts';
import { wsTransport } from './ws.ts';

if (inject('uwsIsHere')) transportContract(await loadUws(), wsTransport);

describe('loading uWebSockets.js', () => {
  it('says in one line why its binary cannot load', async () => {
    const cause = new Error(
      "This version of uWS.js supports only …\n\nError: Cannot find module './uws_linux_x64_1.node'\nRequire stack:\n- /x",
    );
    await expect(loadUws(() => Promise.reject(cause))).rejects.toThrow(
      /^uWebSockets\.js cannot load on Node v\d+\.\d+\.\d+ \(ABI \d+, \w+ \w+, .*libc.*\): Error: Cannot find module '\.\/uws_linux_x64_1\.node'$/,
    );
  });
});
