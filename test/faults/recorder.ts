import type { Client, Mirror, Watch } from '@confer/client';
import { expect } from 'vitest';
import { Model, type ModelWrite } from '../model/model.ts';
import type { Observation, Reader } from '../validate/history.ts';
import { validate } from '../validate/validators.ts';

interface Recording extends Reader {
  readonly observations: Observation[];
}

/** Writes down what readers see, for the validators. */
export class Recorder {
  readonly #recordings: Recording[] = [];

  mirror(client: Client, subtree: string): Mirror {
    const mirror = client.mirror(subtree);
    const { observations } = this.#begin(subtree);
    let isKnown = false;
    mirror.on('status', ({ to }) => {
      const { position } = mirror;
      if (to !== 'live' || isKnown || position === undefined) return;
      isKnown = true;
      observations.push({ kind: 'read', ...position, entries: mirror.list() });
    });
    mirror.on('change', ({ origin, revision, changes }) => {
      const epoch = mirror.position?.epoch ?? '';
      observations.push({
        kind: 'change',
        origin,
        epoch,
        revision,
        changes,
        entries: mirror.list(),
      });
    });
    return mirror;
  }

  async watch(client: Client, subtree: string): Promise<Watch> {
    const watch = client.watch(subtree);
    const { observations } = this.#begin(subtree);
    const started = await watch.started();
    observations.push({ kind: 'started', ...started });
    void this.#follow(watch, started.epoch, observations);
    return watch;
  }

  /** Nobody saw anything but what the writes of that epoch made. */
  expectTruth(epoch: string, writes: readonly ModelWrite[]): void {
    const model = new Model();
    for (const write of writes) model.write(write);
    expect(validate(this.#recordings, new Map([[epoch, model]]))).toEqual([]);
  }

  #begin(subtree: string): Recording {
    const name = `reader ${this.#recordings.length} of ${subtree}`;
    const recording = { name, subtree, observations: [] };
    this.#recordings.push(recording);
    return recording;
  }

  async #follow(watch: Watch, epoch: string, observations: Observation[]): Promise<void> {
    for await (const commit of watch) observations.push({ kind: 'commit', epoch, commit });
  }
}
