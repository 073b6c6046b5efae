import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '@confer/shared';
import { afterAll } from 'vitest';
import { describeEngine } from './engine.contract.ts';
import type { Engine } from './engine.ts';
import { openLmdbEngine } from './lmdb.ts';

const temporary = mkdtempSync(join(tmpdir(), 'confer-lmdb-'));
afterAll(() => rmSync(temporary, { recursive: true }));

let names = 0;
const newDirectory = () => join(temporary, String(names++));
const newId = () => `epoch-${names++}`;
const directories = new WeakMap<Engine, string>();

async function openIn(directory: string, clock: Clock): Promise<Engine> {
  const engine = await openLmdbEngine({ directory, clock, newId });
  directories.set(engine, directory);
  return engine;
}

describeEngine('the LMDB engine', {
  open: (clock) => openIn(newDirectory(), clock),
  reopen: (closed, clock) => openIn(directories.get(closed) ?? '', clock),
});
