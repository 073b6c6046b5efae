import { describe, expect, it } from 'vitest';
import { ON_ETCD } from '../test-support/kept.ts';
import { RawClient } from '../test-support/raw-client.ts';
import { startCore } from '../test-support/scene.ts';

describe('a session that begins', () => {
  it('welcomes a hello with epoch, revision and limits', async () => {
    const { core, engine, put } = await startCore();
    const revision = await put('/a', '1');
    const client = new RawClient(core);
    client.send({ type: 'hello', version: 1 });
    const welcome = client.take('welcome');
    expect(welcome).toMatchObject({ version: 1, epoch: engine.epoch, revision });
    expect(welcome.limits.valueBytesMax).toBe(1024 * 1024);
  });

  it.each([
    ['a request before hello', '{"type":"get","id":1,"path":"/a"}', 4400],
    ['what is no JSON', 'hello', 4400],
    ['what is no object', '[1]', 4400],
    ['a version it does not speak', '{"type":"hello","version":99}', 4406],
  ])('closes on %s', async (_, frame, code) => {
    const client = new RawClient((await startCore()).core);
    client.sendText(frame);
    expect(client.closed?.code).toBe(code);
    expect(client.received).toEqual([]);
  });

  it('closes a connection that says no hello in time', async () => {
    const { core, clock } = await startCore();
    const client = new RawClient(core);
    clock.advanceAtOnce(9_999);
    expect(client.closed).toBeUndefined();
    clock.advanceAtOnce(1);
    expect(client.closed?.code).toBe(4408);
  });
});

describe('a session that is sent a frame that is no good request', () => {
  it.each([
    ['a second hello', '{"type":"hello","version":1}'],
    ['what is no JSON', '{"type":"get",'],
    ['what has no type', '{"id":1}'],
    ['an unknown type without an id', '{"type":"dance"}'],
    ['fields that do not fit, without a usable id', '{"type":"get","id":-1,"path":"/a"}'],
  ])('ends the connection on %s', async (_, frame) => {
    const client = RawClient.open((await startCore()).core);
    client.sendText(frame);
    expect(client.closed?.code).toBe(4400);
  });

  it('ends the connection on a binary frame', async () => {
    const client = RawClient.open((await startCore()).core);
    client.sendBinary();
    expect(client.closed?.code).toBe(4400);
  });

  it.each([
    ['unknown_type', '{"type":"dance","id":7}'],
    ['invalid_message', '{"type":"get","id":7,"path":5}'],
    ['invalid_message', '{"type":"commit","id":7,"requestId":"r","operations":[]}'],
    ['invalid_path', '{"type":"get","id":7,"path":"a"}'],
    ['invalid_path', '{"type":"watch","id":7,"path":"/a/","mode":"state"}'],
    ['invalid_path', '{"type":"list","id":7,"path":"/a","after":"/b"}'],
    ['future_revision', '{"type":"list","id":7,"path":"/a","at":9000000000}'],
    ['unknown_watch', '{"type":"unwatch","id":7,"watch":"w9"}'],
  ])('answers %s and lives on', async (code, frame) => {
    const { core, settle } = await startCore();
    const client = RawClient.open(core);
    client.sendText(frame);
    await settle();
    expect(client.take('error')).toMatchObject({ id: 7, code });
    client.send({ type: 'get', id: 8, path: '/a' });
    await settle();
    expect(client.take('got').entry).toBeNull();
    expect(client.closed).toBeUndefined();
  });

  it.each([
    ['invalid_path', { type: 'put', path: '/a//b', value: '' }],
    ['invalid_path', { type: 'put', path: '/', value: '' }],
    ['reserved_path', { type: 'put', path: '/.confer/x', value: '' }],
    ['reserved_path', { type: 'delete', path: '/.confer', recursive: true }],
    ['too_large', { type: 'put', path: '/a', value: 'x'.repeat(1024 * 1024 + 1) }],
    ['too_large', { type: 'put', path: '/a', value: 'é'.repeat(512 * 1024 + 1) }],
    ['invalid_value', { type: 'put', path: '/a', value: '\ud800' }],
  ])('S3 refuses a commit with one bad operation (%s) as a whole', async (code, operation) => {
    const { core, engine, revisionOf, settle } = await startCore();
    const client = RawClient.open(core);
    const good = { type: 'put', path: '/good', value: '1' };
    client.sendText(
      JSON.stringify({ type: 'commit', id: 1, requestId: 'r', operations: [good, operation] }),
    );
    await settle();
    expect(client.take('error').code).toBe(code);
    expect(engine.reads.revision).toBe(revisionOf(0));
  });
});

describe('a connection that does not take answers', () => {
  it('W10 begins nothing more, then ends one that goes on asking', async () => {
    const { core, settle } = await startCore();
    const client = RawClient.open(core);
    client.answer = 'buffered';
    client.send({ type: 'get', id: 0, path: '/a' });
    await settle();
    for (let id = 1; id < 1_001; id++) client.send({ type: 'get', id, path: '/a' });
    expect(client.received).toHaveLength(1);
    expect(client.closed).toBeUndefined();
    client.sendText('{"type":"dance","id":1}');
    expect(client.closed?.code).toBe(4429);
  });

  it('answers all that waited, in order, once it drains', async () => {
    const { core, settle } = await startCore();
    const client = RawClient.open(core);
    client.answer = 'buffered';
    for (let id = 0; id < 10; id++) client.send({ type: 'get', id, path: '/a' });
    await settle();
    client.sendText('{"type":"dance","id":10}');
    client.drain();
    expect(client.received.map((message) => 'id' in message && message.id)).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
    ]);
  });

  it('W3 is ended where a frame to it was lost', async () => {
    const client = RawClient.open((await startCore()).core);
    client.lose();
    expect(client.closed).toMatchObject({ reason: expect.stringContaining('bug in the server') });
  });
});

describe('frames that come faster than they are read', () => {
  const ids = (count: number) => Array.from({ length: count }, (_, id) => id);

  it('W10 let others have their turn, and are answered in their order', async () => {
    const { core, clock, settle } = await startCore();
    const busy = RawClient.open(core);
    const other = RawClient.open(core);
    clock.tickMs = 1;
    for (const id of ids(100)) busy.send({ type: 'get', id, path: '/a' });
    expect(busy.received.length).toBeLessThan(10);
    const before = busy.received.length;
    other.send({ type: 'get', id: 7, path: '/a' });
    other.onReceived = () => expect(busy.received.length).toBeLessThan(before + 20);
    await settle();
    expect(other.take('got').id).toBe(7);
    expect(busy.received.map((message) => 'id' in message && message.id)).toEqual(ids(100));
  });

  it.skipIf(ON_ETCD)(
    'end the connection where one is none, after those before (on the memory engine: no answer waits for a cluster)',
    async () => {
      const { core, clock, settle } = await startCore();
      const client = RawClient.open(core);
      clock.tickMs = 1;
      for (const id of ids(50)) client.send({ type: 'get', id, path: '/a' });
      client.sendText('{');
      client.send({ type: 'get', id: 50, path: '/a' });
      await settle();
      expect(client.closed?.code).toBe(4400);
      expect(client.received).toHaveLength(50);
    },
  );

  it('W10 end the connection where more bytes wait than the welcome allows', async () => {
    const { core, clock } = await startCore();
    const client = RawClient.open(core);
    clock.tickMs = 1;
    const large = { type: 'put', path: '/a', value: 'x'.repeat(1_000_000) } as const;
    for (let id = 0; id < 80; id++)
      client.send({ type: 'commit', id, requestId: `r${id}`, operations: [large] });
    expect(client.closed).toMatchObject({ code: 4429 });
  });
});

describe('the id of a request', () => {
  it('that waits for its answer is refused for another request, and serves again after that', async () => {
    const { core, revisionOf, settle } = await startCore();
    const client = RawClient.open(core);
    const operations = [{ type: 'put', path: '/a', value: '1' } as const];
    client.send({ type: 'commit', id: 7, requestId: 'one', operations });
    client.send({ type: 'get', id: 7, path: '/a' });
    client.send({ type: 'commit', id: 7, requestId: 'two', operations });
    for (let i = 0; i < 2; i++)
      expect(client.take('error')).toMatchObject({ id: 7, code: 'invalid_message' });
    await settle();
    expect(client.take('committed')).toMatchObject({ id: 7, revision: revisionOf(1) });
    client.send({ type: 'get', id: 7, path: '/a' });
    await settle();
    expect(client.take('got').entry?.modRevision).toBe(revisionOf(1));
    expect(client.received).toEqual([]);
  });
});

describe('heartbeats', () => {
  it('W6 tells the revision once a period', async () => {
    const { core, clock, put } = await startCore();
    const client = RawClient.open(core);
    const first = await put('/a', '1');
    clock.advanceAtOnce(10_000);
    expect(client.take('heartbeat').revision).toBe(first);
    client.send({ type: 'heartbeat', applied: first });
    const second = await put('/b', '1');
    clock.advanceAtOnce(10_000);
    expect(client.take('heartbeat').revision).toBe(second);
  });

  it('W8 gives up a client that shows no sign of life for three periods', async () => {
    const { core, clock } = await startCore();
    const silent = RawClient.open(core);
    const answering = RawClient.open(core);
    for (let beat = 0; beat < 4; beat++) {
      clock.advanceAtOnce(10_000);
      answering.send({ type: 'heartbeat', applied: 0 });
    }
    expect(silent.closed?.code).toBe(4408);
    expect(answering.closed).toBeUndefined();
  });

  it('W8 tells one that is silent why, and drops one that takes nothing', async () => {
    const { core, clock } = await startCore();
    const silent = RawClient.open(core);
    const stuck = RawClient.open(core);
    stuck.bufferedBytes = 1_000;
    for (let beat = 0; beat < 4; beat++) clock.advanceAtOnce(10_000);
    // Dropping a socket takes the close frame with it that was to go out.
    expect(silent).toMatchObject({ closed: { code: 4408 }, terminated: false });
    expect(stuck.terminated).toBe(true);
  });

  it('W8 counts silence in beats, so that a clock that is set, or a machine that slept, ends nobody', async () => {
    const { core, clock } = await startCore();
    const client = RawClient.open(core);
    clock.step(3_600_000);
    clock.advanceAtOnce(10_000);
    expect(client.closed).toBeUndefined();
    client.send({ type: 'heartbeat', applied: 0 });
    clock.step(-7_200_000);
    clock.advanceAtOnce(29_000);
    expect(client.closed).toBeUndefined();
    clock.advanceAtOnce(12_000);
    expect(client.closed?.code).toBe(4408);
  });

  it('W8 gives a frame whose bytes still come twelve periods', async () => {
    const { core, clock } = await startCore();
    const slow = RawClient.open(core);
    slow.isReceiving = true;
    clock.advanceAtOnce(110_000);
    expect(slow.closed).toBeUndefined();
    clock.advanceAtOnce(20_000);
    expect(slow.closed?.code).toBe(4408);
    const halfway = RawClient.open(core);
    halfway.isReceiving = true;
    clock.advanceAtOnce(60_000);
    halfway.isReceiving = false;
    clock.advanceAtOnce(10_000);
    expect(halfway.closed?.code).toBe(4408);
  });

  it('keeps a slow client that still takes what was sent', async () => {
    const { core, clock } = await startCore();
    const slow = RawClient.open(core);
    slow.answer = 'buffered';
    slow.send({ type: 'get', id: 1, path: '/a' });
    for (let left = 10; left > 0; left--) {
      slow.bufferedBytes = left * 1000;
      clock.advanceAtOnce(10_000);
    }
    expect(slow.closed).toBeUndefined();
  });
});

describe('a server that stops', () => {
  it('says when to come back, answers what it accepted, and closes with 1012', async () => {
    const { core, clock, revisionOf, settle } = await startCore();
    const client = RawClient.open(core);
    client.send({
      type: 'commit',
      id: 1,
      requestId: 'r',
      operations: [{ type: 'put', path: '/a', value: '1' }],
    });
    const stopped = core.stop();
    await settle();
    clock.advanceAtOnce(10);
    await settle();
    expect(client.closed?.code).toBe(1012);
    client.vanish();
    let isStopped = false;
    void stopped.then(() => {
      isStopped = true;
    });
    while (!isStopped) {
      clock.advanceAtOnce(1_000);
      await settle();
    }
    expect(client.take('goodbye').retryInMs).toBeGreaterThanOrEqual(0);
    expect(client.take('committed').revision).toBe(revisionOf(1));
  });

  it('answers all that came before its goodbye, also what had no turn yet, and nothing later', async () => {
    const { core, clock, settle } = await startCore();
    const client = RawClient.open(core);
    // Each look at the clock takes longer than a turn has.
    clock.tickMs = 20;
    for (let id = 1; id <= 5; id++)
      client.send({
        type: 'commit',
        id,
        requestId: `r${id}`,
        operations: [{ type: 'put', path: `/a${id}`, value: '1' }],
      });
    void core.stop();
    client.send({ type: 'get', id: 6, path: '/a1' });
    clock.tickMs = 0;
    await settle();
    clock.advanceAtOnce(10);
    await settle();
    const answered = client.received.flatMap((message) =>
      message.type === 'goodbye' || !('id' in message) ? [] : [message],
    );
    // A cluster may decide them in another order.
    const told = answered.map(({ type, id }) => `${type} ${id}`).sort();
    expect(told).toEqual([1, 2, 3, 4, 5].map((id) => `committed ${id}`));
    expect(client.closed?.code).toBe(1012);
  });

  it('W10 waits for nobody who takes no answers', async () => {
    const { core, clock, settle } = await startCore();
    const stalled = RawClient.open(core);
    stalled.answer = 'buffered';
    stalled.send({ type: 'get', id: 1, path: '/a' });
    for (let id = 2; id <= 5; id++) stalled.send({ type: 'get', id, path: '/a' });
    await settle();
    const stopped = core.stop();
    clock.advanceAtOnce(10);
    await settle();
    expect(stalled.closed?.code).toBe(1012);
    clock.advanceAtOnce(300);
    await stopped;
  });

  it('W10 is over in time, though somebody stops taking answers after the goodbye', async () => {
    const { core, clock, settle } = await startCore();
    const client = RawClient.open(core);
    clock.tickMs = 20;
    for (let id = 1; id <= 5; id++) client.send({ type: 'get', id, path: '/a' });
    clock.tickMs = 0;
    client.answer = 'buffered';
    let isStopped = false;
    void core.stop().then(() => {
      isStopped = true;
    });
    clock.advanceAtOnce(3_000);
    await settle();
    expect(isStopped).toBe(false);
    clock.advanceAtOnce(3_000);
    await settle();
    expect(isStopped).toBe(true);
    expect(client.closed?.code).toBe(1012);
  });
});
