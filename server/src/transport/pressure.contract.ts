import { describe, expect, it } from 'vitest';
import {
  echo,
  flood,
  host,
  JAM_BYTES,
  numbered,
  numberOf,
  numbersTo,
  pair,
  until,
} from './scene.contract.ts';
import type { Transport } from './transport.ts';

export function pressureContract(transport: Transport): void {
  describe('a peer that does not read', () => {
    it('is no longer writable, loses nothing, and drains once', async () => {
      const at = await host(transport, echo);
      const { client, peer } = await pair(at);
      client.ws.pause();
      const count = flood(peer.socket);
      expect(peer.socket.bufferedBytes).toBeGreaterThan(0);
      expect(peer.drains).toBe(0);
      client.ws.resume();
      await until(() => client.frames.length === count && peer.drains > 0);
      expect(client.frames.map(numberOf)).toEqual(numbersTo(count));
      expect(peer.socket.bufferedBytes).toBe(0);
      client.ws.send('after');
      await until(() => client.frames.length === count + 1);
      expect(peer.drains).toBe(1);
    });

    it('gets everything when each drain sends more, until it is buffered again', async () => {
      const rounds = 20;
      let count = 0;
      const at = await host(transport, {
        onDrain: (peer) => {
          if (peer.drains < rounds) count = flood(peer.socket, count);
        },
      });
      const { client, peer } = await pair(at);
      client.ws.pause();
      count = flood(peer.socket);
      client.ws.resume();
      await until(() => peer.drains === rounds && client.frames.length === count);
      expect(client.frames.map(numberOf)).toEqual(numbersTo(count));
    });

    it('gets in order what is sent on top of what waits', async () => {
      const at = await host(transport);
      const { client, peer } = await pair(at);
      client.ws.pause();
      const first = flood(peer.socket);
      for (let index = first; index < first + 50; index += 1) {
        peer.socket.cork(() => {
          peer.socket.send(numbered(index, 30_000));
          expect(peer.socket.writable).toBe(false);
        });
      }
      client.ws.resume();
      await until(() => client.frames.length === first + 50 && peer.drains > 0);
      expect(client.frames.map(numberOf)).toEqual(numbersTo(first + 50));
      expect(peer.drains).toBe(1);
    });

    it('delays no other, and each has its own drain', async () => {
      const at = await host(transport, echo);
      const one = await pair(at);
      const two = await pair(at);
      const bystander = await pair(at);
      one.client.ws.pause();
      two.client.ws.pause();
      const oneCount = flood(one.peer.socket, 0, JAM_BYTES);
      const twoCount = flood(two.peer.socket, 0, JAM_BYTES);
      bystander.client.ws.send('hello');
      await until(() => bystander.client.frames.length === 1);
      expect([one.peer.drains, two.peer.drains]).toEqual([0, 0]);
      one.client.ws.resume();
      await until(() => one.peer.drains === 1 && one.client.frames.length === oneCount);
      expect(two.peer.drains).toBe(0);
      two.client.ws.resume();
      await until(() => two.peer.drains === 1 && two.client.frames.length === twoCount);
      expect(one.peer.drains).toBe(1);
    });

    it('still gets all of it, and then the close', async () => {
      const at = await host(transport);
      const { client, peer } = await pair(at);
      client.ws.pause();
      const count = flood(peer.socket);
      peer.socket.close(4000, 'enough');
      await until(() => peer.closes.length === 1);
      client.ws.resume();
      await until(() => client.closes.length === 1);
      expect(client.frames.map(numberOf)).toEqual(numbersTo(count));
      expect(client.closes).toEqual([{ code: 4000, reason: 'enough' }]);
      expect(peer).toMatchObject({ drains: 0, closes: [4000] });
    });

    it('is dropped with all that waits by terminate', async () => {
      const at = await host(transport);
      const { client, peer } = await pair(at);
      client.ws.pause();
      const count = flood(peer.socket, 0, JAM_BYTES);
      peer.socket.terminate();
      expect(peer.socket.bufferedBytes).toBe(0);
      client.ws.resume();
      await until(() => client.closes.length === 1);
      expect(client.closes[0]?.code).toBe(1006);
      expect(client.frames.length).toBeLessThan(count);
      expect(peer).toMatchObject({ drains: 0, closes: [1006] });
    });

    it('cannot fill memory with pongs', async () => {
      const at = await host(transport);
      const { client, peer } = await pair(at);
      client.ws.pause();
      flood(peer.socket, 0, JAM_BYTES);
      for (let pings = 0; pings < 1000; pings += 1) client.ws.ping('x'.repeat(125));
      await until(() => peer.closes.length === 1);
      expect(peer.closes).toEqual([1006]);
    });
  });

  it('never drains a socket that nothing waited for', async () => {
    const at = await host(transport, echo);
    const { client, peer } = await pair(at);
    for (const frame of numbersTo(1000)) client.ws.send(String(frame));
    await until(() => client.frames.length === 1000);
    expect(peer.drains).toBe(0);
  });
}
