import { describe, expect, it } from 'vitest';
import { answering, ask, echoBody, OK, requestOf } from './exchange.contract.ts';
import type { AnswerStream, Exchange } from './exchange.ts';
import { connect, connectRaw, type Raw, refused, until } from './scene.contract.ts';
import type { Refusal, Transport } from './transport.ts';

const isFull = process.env.CONFER_TEST_FULL === '1' || process.env.CONFER_TEST_LONG === '1';

/** Begins an answer to each, which goes on. */
function streaming() {
  const streams: AnswerStream[] = [];
  const begin = (exchange: Exchange) => {
    if (exchange.head.path === '/at-once') return exchange.answer(OK, 'at once');
    const stream = exchange.stream(OK);
    if (stream.writable) streams.push(stream);
    stream.write('begun');
  };
  return { streams, begin };
}

export function exchangeLimitsContract(transport: Transport): void {
  roomContract(transport);
  stopContract(transport);
  timeContract(transport);
}

/** Seventeen of them are more than may wait together. */
const LONG = Buffer.alloc(16 * 1024 * 1024);

function roomContract(transport: Transport): void {
  describe('W10 room for exchanges', () => {
    it('is bounded for long answers that nobody takes, which make room for who reads', async () => {
      const at = await answering(transport, (exchange) => exchange.answer(OK, LONG));
      const stuck: Raw[] = [];
      for (let times = 0; times < 17; times += 1) {
        const raw = await ask(at, 'GET /a');
        raw.tcp.pause();
        stuck.push(raw);
        await until(() => at.seen.length === stuck.length);
      }
      const [first, second] = stuck;
      first?.tcp.resume();
      second?.tcp.resume();
      // The first has been dropped; the second gets all of it.
      await until(() => first?.phase !== 'open' && (second?.received.length ?? 0) > LONG.length);
      expect(first?.received.length).toBeLessThan(LONG.length);
      for (const { tcp } of stuck) tcp.destroy();
    });

    it('is that for connections, where an answer goes on, and else none is needed', async () => {
      const whys: Refusal[] = [];
      const { streams, begin } = streaming();
      const told = { connectionsMax: 2, onRefused: (why: Refusal) => whys.push(why) };
      const at = await answering(transport, begin, told);
      const first = await ask(at, 'GET /a');
      await until(() => first.received.includes('begun'));
      const { ws } = await connect(at.url);
      expect((await refused(at.url)).status).toBe(503);
      const beyond = await ask(at, 'GET /b');
      await until(() => beyond.phase !== 'open');
      expect(beyond.received).toMatch(/^HTTP\/1\.1 503 .*as many connections as it may/s);
      expect(at.gone.map(({ head }) => head.path)).toEqual(['/b']);
      expect(whys).toEqual(['full', 'full']);
      const short = await ask(at, 'GET /at-once');
      await until(() => short.received.endsWith('at once'));
      streams[0]?.end();
      await until(() => first.received.endsWith('0\r\n\r\n'));
      const next = await ask(at, 'GET /c');
      await until(() => next.received.includes('begun'));
      ws.terminate();
      expect(streams.length).toBe(2);
    });

    it('is not that for handshakes, of which connections that wait for a request leave some', async () => {
      const { begin } = streaming();
      const at = await answering(transport, begin, { handshakesMax: 4 });
      for (let times = 0; times < 8; times += 1) {
        const raw = await ask(at, `GET /${times}`);
        await until(() => raw.received.includes('begun'));
      }
      const kept: Raw[] = [];
      for (let times = 0; times < 4; times += 1) {
        const raw = await ask(at, 'GET /at-once');
        await until(() => raw.received.endsWith('at once'));
        kept.push(raw);
      }
      await until(() => kept.filter(({ phase }) => phase === 'open').length === 2);
      await connect(at.url);
      expect(at.gone).toEqual([]);
    });

    it('is not used up by exchanges that came and went in every way', async () => {
      const at = await answering(
        transport,
        (exchange) => {
          if (exchange.head.path === '/stream') exchange.stream(OK).write('begun');
          else if (exchange.head.path !== '/silent') echoBody(exchange);
        },
        { handshakesMax: 6, connectionsMax: 3 },
      );
      for (let times = 0; times < 5; times += 1) {
        const gone = at.gone.length;
        const silent = await ask(at, 'GET /silent');
        const half = await ask(at, 'PUT /half', 'Content-Length: 100');
        half.tcp.write('x');
        const stream = await ask(at, 'GET /stream');
        const whole = await ask(at, 'PUT /whole', 'Content-Length: 3', 'Connection: close');
        whole.tcp.write('abc');
        await until(() => stream.received.includes('begun') && whole.phase !== 'open');
        await until(() => at.seen.length === 4 * (times + 1));
        for (const raw of [silent, half, stream, whole]) raw.reset();
        await until(() => at.gone.length === gone + 3);
      }
      const end = await ask(at, 'GET /stream');
      await until(() => end.received.includes('begun'));
      await connect(at.url);
    });
  });
}

function stopContract(transport: Transport): void {
  describe('a listener that stops', () => {
    it('has the exchanges under way end as they like, and their connections with them', async () => {
      const held: Exchange[] = [];
      const streams: AnswerStream[] = [];
      const at = await answering(transport, (exchange) => {
        if (exchange.head.path === '/held') held.push(exchange);
        else if (exchange.head.path === '/stream') {
          const stream = exchange.stream(OK);
          stream.write('begun');
          streams.push(stream);
        } else exchange.readBody(100, (body) => exchange.answer(OK, body));
      });
      const kept = await ask(at, 'PUT /a', 'Content-Length: 4');
      kept.tcp.write('kept');
      const asked = await ask(at, 'GET /held');
      const stream = await ask(at, 'GET /stream');
      const body = await ask(at, 'PUT /a', 'Content-Length: 4');
      await until(() => at.seen.length === 4 && kept.received.endsWith('kept'));
      at.listener.stopAccepting();
      body.tcp.write('body');
      held[0]?.answer(OK, 'answered');
      streams[0]?.write('more');
      streams[0]?.end();
      await until(() => [asked, body].every(({ phase }) => phase !== 'open'));
      // Of an answer in pieces the connection may end later: when something more is asked on it, or the listener closes.
      await until(() => stream.received.endsWith('0\r\n\r\n'));
      expect(asked.received).toMatch(/connection: close\r\n.*answered$/is);
      expect(stream.received.replace(/^.*?\r\n\r\n/s, '')).toMatch(/begun.*more\r\n0\r\n\r\n$/s);
      expect(stream.received.replace(/^.*begun/s, '')).not.toMatch(/connection/i);
      expect(body.received.endsWith('body')).toBe(true);
      kept.tcp.write(requestOf('GET /late'));
      await until(() => kept.phase !== 'open');
      expect(kept.received.replace(/^.*kept/s, '')).toMatch(/^(HTTP\/1\.1 503 .*)?$/s);
      expect(at.seen.length).toBe(4);
      expect(at.gone).toEqual([]);
      await expect(connectRaw(at.listener)).rejects.toThrow();
    });

    it('drops those that are left when it closes, and tells of each', async () => {
      const { begin } = streaming();
      const at = await answering(transport, (exchange) => {
        if (exchange.head.path !== '/held') begin(exchange);
      });
      const stream = await ask(at, 'GET /a');
      const held = await ask(at, 'GET /held');
      const half = await ask(at, 'PUT /held', 'Content-Length: 9');
      await until(() => at.seen.length === 3 && stream.received.includes('begun'));
      await at.listener.close();
      await until(() => [stream, held, half].every(({ phase }) => phase !== 'open'));
      await until(() => at.gone.length === 3);
      expect(stream.received.endsWith('0\r\n\r\n')).toBe(false);
    });
  });
}

function timeContract(transport: Transport): void {
  describe('the time of others', () => {
    it.skipIf(!isFull)(
      'is not taken for long by who sends or takes nothing (CONFER_TEST_FULL=1: ten seconds of real time)',
      async () => {
        const large = Buffer.alloc(32 * 1024 * 1024, 'x');
        const streams: AnswerStream[] = [];
        const at = await answering(transport, (exchange) => {
          const { path } = exchange.head;
          if (path === '/large') exchange.answer(OK, large);
          else if (path === '/at-once') exchange.answer(OK, 'at once');
          else if (path === '/body')
            exchange.readBody(100_000, (body) => exchange.answer(OK, body));
          else {
            const stream = exchange.stream(OK);
            streams.push(stream);
            stream.write(path === '/quiet' ? 'begun' : large);
          }
        });
        const from = performance.now();
        const quiet = await ask(at, 'GET /quiet');
        const kept = await ask(at, 'GET /at-once');
        const slow = await ask(at, 'PUT /body', 'Content-Length: 90000');
        const unread = await ask(at, 'PUT /at-once', 'Content-Length: 60000');
        const head = await connectRaw(at.listener);
        const deaf = [await ask(at, 'GET /large'), await ask(at, 'GET /stuck')];
        for (const { tcp } of deaf) tcp.pause();
        const drip = setInterval(() => {
          head.tcp.write('G');
          slow.tcp.write('x');
          unread.tcp.write('x');
        }, 500);
        await until(() => at.seen.length === 6);
        await until(() => performance.now() - from > 7_000);
        expect(at.gone).toEqual([]);
        for (const raw of [kept, slow, unread, head]) await until(() => raw.phase !== 'open');
        await until(() => at.gone.length === 2);
        clearInterval(drip);
        expect(performance.now() - from).toBeLessThan(15_000);
        for (const { tcp } of deaf) tcp.resume();
        for (const raw of deaf) await until(() => raw.phase !== 'open');
        for (const { received } of deaf) expect(received.length).toBeLessThan(large.length);
        expect(at.gone.map(({ head: { path } }) => path).sort()).toEqual(['/body', '/stuck']);
        streams[0]?.write('after');
        await until(() => quiet.received.includes('after'));
      },
    );
  });
}
