import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Scene, TestClock } from '../../contract/scene.contract.ts';
import { openLmdbEngine } from '../open.ts';
import { type LookedUpTo, lookOn } from './look-on.ts';

const directory = mkdtempSync(join(tmpdir(), 'confer-look-'));
afterAll(() => rmSync(directory, { recursive: true }));

const LONG_VALUES = 12;
const SHORT_VALUES = 1_000;

it('S1 looks at a file in steps of bounded work, however long its values are', async () => {
  const engine = await openLmdbEngine({
    directory,
    clock: new TestClock(),
    uptimeMs: () => 0,
    random: Math.random,
    newId: () => 'id',
    defer: setImmediate,
    pid: process.pid,
  });
  const scene = new Scene(engine, new TestClock());
  for (let i = 0; i < LONG_VALUES; i++) await scene.put(`/long/${i}`, 'x'.repeat(1024 * 1024));
  const path = (i: number) => `/short/${i}`;
  await scene.commit(
    Array.from({ length: SHORT_VALUES }, (_, i) => ({ type: 'put', path: path(i), value: 'v' })),
  );
  await engine.close();

  const steps: LookedUpTo[] = [];
  const look = (from?: LookedUpTo) => lookOn(join(directory, 'data.mdb'), from, 500);
  for (let step = look(); step !== undefined; step = look(step)) steps.push(step);
  // A long value is a step to itself, and of short ones there are hundreds in one.
  expect(steps.filter(({ table }) => table === 'values')).toHaveLength(LONG_VALUES);
  const ofEntries = Math.ceil((LONG_VALUES + SHORT_VALUES) / 500);
  const entries = steps.filter(({ table }) => table === 'entries');
  expect([ofEntries - 1, ofEntries]).toContain(entries.length);
  const places = steps.map(({ table, key }) => `${table} ${key.toString('hex')}`);
  expect(new Set(places).size).toBe(places.length);
});
