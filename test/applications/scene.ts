import type { Client, ClientOptions } from '../../client/src/api.ts';
import type { KeptState, SnapshotStore } from '../../client/src/local-api.ts';
import { checksumOf } from '../../client/src/snapshot/checksum.ts';
import { KeptMirrors, type SnapshotOptions } from '../../client/src/snapshot/kept-mirrors.ts';
import { lastLine, linesOf } from '../../client/src/snapshot/snapshot-text.ts';
import { Scene } from '../scenarios/scene.ts';

/** A scene with some values, one client that writes and one that reads. */
export async function started(
  values: Readonly<Record<string, string>>,
  options: ClientOptions = {},
) {
  const scene = new Scene();
  const writer = scene.client('writer');
  await put(scene, writer, values);
  return { scene, writer, client: scene.client('reader', options) };
}

export function put(scene: Scene, client: Client, values: Readonly<Record<string, string>>) {
  const operations = Object.entries(values).map(
    ([path, value]) => ({ type: 'put', path, value }) as const,
  );
  return scene.settled(client.commit({ operations }));
}

/** Snapshots in memory, which outlive the clients that keep them. */
export class KeptTexts {
  readonly texts = new Map<string, string>();
  /** Why nothing can be written. */
  problem: string | undefined;

  store(options: SnapshotOptions = {}): SnapshotStore {
    return { open: (clock, report) => new KeptMirrors(this, options, clock, report) };
  }

  nameOf(path: string): string {
    return `the snapshot of ${path}`;
  }

  read(path: string): string | undefined {
    return this.texts.get(path);
  }

  async write(path: string, state: KeptState): Promise<void> {
    if (this.problem !== undefined) throw new Error(this.problem);
    const body = [...linesOf(path, state), ''].join('\n');
    this.texts.set(path, `${body}${lastLine(checksumOf(body))}\n`);
  }

  remove(path: string): void {
    this.texts.delete(path);
  }
}
