import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, tracedExtras } from '@confer/client';
import { createServer } from '@confer/server';
import { context, propagation, SpanStatusCode, trace } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { withDirectory } from '../support/process.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const PARENT = `00-${TRACE}-${SPAN}-01`;
const SOON = { timeout: 10_000, interval: 20 };

const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
trace.setGlobalTracerProvider(provider);
beforeEach(() => exporter.reset());
afterAll(async () => {
  trace.disable();
  context.disable();
  propagation.disable();
  await provider.shutdown();
});

function spans(name: string): readonly ReadableSpan[] {
  return exporter.getFinishedSpans().filter((span) => span.name === name);
}

async function started(dataDirectory?: string) {
  const server = await createServer({
    ...(dataDirectory === undefined
      ? { engine: 'memory' }
      : { engine: 'lmdb', dataDirectory, audit: 'required' }),
    port: 0,
  });
  onTestFinished(() => server.close());
  let traceparent: string | undefined = PARENT;
  const client = connect(server.url, { extras: tracedExtras(() => traceparent) });
  onTestFinished(() => client.close());
  const become = (next: string | undefined) => {
    traceparent = next;
  };
  return { server, client, become };
}

test('a write is a span of the trace that the client names, with its revision and without its path and value', async () => {
  const { client, become } = await started();
  await client.set('/secret/path', 'canary-value', { note: 'canary-note' });
  const { revision } = await client.txn({ then: [{ type: 'put', path: '/b', value: '1' }] });
  become(undefined);
  await client.set('/c', '1');
  const [first, last] = spans('confer.commit');
  const [txn] = spans('confer.txn');
  for (const span of [first, txn]) {
    expect(span?.spanContext().traceId).toBe(TRACE);
    expect(span?.parentSpanContext).toMatchObject({ spanId: SPAN, isRemote: true });
  }
  expect(first?.attributes).toEqual({ 'confer.operations': 1, 'confer.revision': 1 });
  expect(txn?.attributes).toMatchObject({ 'confer.revision': revision });
  expect(last?.parentSpanContext).toBeUndefined();
  expect(last?.spanContext().traceId).not.toBe(TRACE);
});

test('a write that is refused says by which code', async () => {
  const { client } = await started();
  await client.set('/a', '1');
  await expect(client.set('/a', '2', { ifRevision: 7 })).rejects.toMatchObject({
    code: 'conflict',
  });
  const span = spans('confer.commit').at(-1);
  expect(span?.status.code).toBe(SpanStatusCode.ERROR);
  expect(span?.attributes['error.type']).toBe('conflict');
});

test('a watch is one span until it is live, and none for what is delivered then', async () => {
  const { client } = await started();
  await client.set('/app/a', '1');
  const mirror = client.mirror('/app');
  await mirror.ready();
  await vi.waitFor(() => expect(spans('confer.catch_up')).toHaveLength(1), SOON);
  expect(spans('confer.catch_up')[0]?.attributes).toEqual({
    'confer.mode': 'state',
    'confer.by': 'snapshot',
    'confer.outcome': 'live',
    'confer.revision': 1,
  });
  for (let i = 0; i < 20; i++) await client.set('/app/a', String(i));
  expect(mirror.value('/app/a')).toBe('19');
  expect(spans('confer.catch_up')).toHaveLength(1);
  expect(exporter.getFinishedSpans()).toHaveLength(22);
});

test('the audit has which trace a write is a part of', async () => {
  await withDirectory(async (directory) => {
    const { client } = await started(directory);
    await client.set('/a', '1');
    await client.txn({ then: [{ type: 'put', path: '/b', value: '1' }] });
    const audit = join(directory, 'audit');
    const commits = await vi.waitFor(() => {
      const text = readdirSync(audit).map((file) => readFileSync(join(audit, file), 'utf8'));
      const lines = text
        .join('')
        .split('\n')
        .filter((line) => line.includes('"event":"commit"'));
      // Before and after each.
      expect(lines).toHaveLength(4);
      return lines;
    }, SOON);
    for (const line of commits) expect(line).toContain(`"traceparent":"${PARENT}"`);
  });
});

test.each([
  ['nothing', ''],
  ['words', 'nonsense'],
  ['a trace of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
  ['a span of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
  ['capitals', PARENT.toUpperCase()],
  ['a version that is none', `ff${PARENT.slice(2)}`],
  ['more behind it', `${PARENT}-01`],
  ['a line of its own', `${PARENT}\n`],
])('a traceparent that is %s is refused, and a client leaves it out', async (_, wrong) => {
  const { server, client, become } = await started();
  become(wrong);
  await client.set('/by/client', '1');
  expect(spans('confer.commit')[0]?.parentSpanContext).toBeUndefined();
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1`, 'confer.v1');
  const said: { type: string; code?: string }[] = [];
  socket.on('message', (data) => said.push(JSON.parse(String(data))));
  socket.on('open', () => {
    socket.send('{"type":"hello","version":1}');
    const operations = [{ type: 'put', path: '/raw', value: '1' }];
    const about = { requestId: 'r', traceparent: wrong, operations };
    socket.send(JSON.stringify({ type: 'commit', id: 1, ...about }));
  });
  await vi.waitFor(() => expect(said).toHaveLength(2), SOON);
  expect(said[1]).toMatchObject({ type: 'error', code: 'invalid_message' });
  expect(await client.get('/raw')).toBeUndefined();
  socket.close();
});

test('a tracer that throws loses no write', async () => {
  const { server } = await started();
  const client = connect(server.url, {
    extras: tracedExtras(() => {
      throw new Error('no tracer');
    }),
  });
  onTestFinished(() => client.close());
  expect(await client.set('/a', '1')).toMatchObject({ revision: 1 });
});
