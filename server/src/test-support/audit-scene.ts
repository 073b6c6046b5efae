import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VirtualClock } from '../../../shared/src/test-support/virtual-clock.ts';
import { type Audit, type AuditOptions, openAudit } from '../audit/audit.ts';
import type { AuditActor, AuditEvent } from '../audit/events.ts';

export const ALICE: AuditActor = {
  principal: 'alice',
  tokenId: 'tok1',
  kind: 'token',
  client: { name: 'orders', version: '1.2' },
  address: '10.0.0.1',
  session: 's1',
  transport: 'ws',
};

export function commitOf(revision: number, more: Partial<AuditEvent> = {}): AuditEvent {
  const event = {
    event: 'commit',
    outcome: 'done',
    reason: 'writer: allow write on /app',
    who: ALICE,
    revision,
    paths: [`/app/${revision}`],
  } as const;
  return Object.assign({ ...event }, more);
}

/** An audit in a directory of its own, on a clock that stands still. */
export class AuditScene {
  readonly root = mkdtempSync(join(tmpdir(), 'confer-audit-'));
  readonly directory: string;
  readonly clock = new VirtualClock();
  /** What the server said, as `level: message`. */
  readonly said: string[] = [];
  readonly heads: { file: string; seq: number; hash: string }[] = [];

  constructor(directory?: string) {
    this.directory = directory ?? join(this.root, 'audit');
  }

  open(options: Partial<AuditOptions> = {}): Promise<Audit> {
    return openAudit({
      directory: this.directory,
      gateway: 'gw1',
      mode: 'required',
      clock: this.clock,
      defer: setImmediate,
      log: (level, message) => this.said.push(`${level}: ${message}`),
      onHead: (head) => this.heads.push(head),
      ...options,
    });
  }

  /** Writes events through an audit of its own. */
  async write(count: number, options: Partial<AuditOptions> = {}): Promise<void> {
    const audit = await this.open(options);
    for (let i = 1; i <= count; i++) {
      await audit.record(commitOf(i));
      this.clock.advanceAtOnce(1_000);
    }
    await audit.close();
  }

  get files(): string[] {
    return readdirSync(this.directory).filter((name) => name.startsWith('audit-'));
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  linesOf(name: string): string[] {
    return readFileSync(this.path(name), 'utf8').split('\n').slice(0, -1);
  }

  /** Every event there is, as it was written. */
  get events(): Record<string, unknown>[] {
    return this.files.flatMap((name) => this.linesOf(name)).map((line) => JSON.parse(line));
  }

  end(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
