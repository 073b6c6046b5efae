import { execFileSync } from 'node:child_process';
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { cpus, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { median } from '../measure/median.ts';
import type { Peer } from '../peers/peer.ts';
import { findProgram } from '../peers/server.ts';

/** What the figures were measured on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly kernel: string;
  readonly node: string;
  /** The middle one of many writes of 4 kB, each synced. */
  readonly syncMs: number;
  readonly versions: Readonly<Record<string, string>>;
}

const GB = 1024 ** 3;
const SYNCS = 200;
const BLOCK = Buffer.alloc(4_096);

export function thisMachine(peers: readonly Peer[]): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / GB),
    kernel: release(),
    node: process.version,
    syncMs: syncMs(),
    versions: Object.fromEntries(peers.map((peer) => [peer.name, versionOf(peer)])),
  };
}

function syncMs(): number {
  const directory = mkdtempSync(join(tmpdir(), 'confer-bench-sync-'));
  const file = openSync(join(directory, 'file'), 'w');
  const times = Array.from({ length: SYNCS }, (_, i) => {
    const startedAt = performance.now();
    writeSync(file, BLOCK, 0, BLOCK.length, i * BLOCK.length);
    fdatasyncSync(file);
    return performance.now() - startedAt;
  });
  closeSync(file);
  rmSync(directory, { recursive: true });
  return Number(median(times).toPrecision(2));
}

/** The first thing that looks like one in what the program says. */
function versionOf({ program, versionArgs }: Peer): string {
  const said = execFileSync(findProgram(program) ?? program, versionArgs, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return /\d+\.\d+\.\d+/.exec(said)?.[0] ?? 'unknown';
}
