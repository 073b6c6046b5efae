import {
  type Client,
  CompactedError,
  type Mirror,
  type Position,
  type Watch,
} from '@confer/client';
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
      observations.push({ kind: 'read', ...placeOf(position), entries: mirror.list() });
    });
    mirror.on('change', ({ origin, revision, changes }) => {
      const history = mirror.position?.epoch ?? '';
      observations.push({
        kind: 'change',
        origin,
        history,
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
    observations.push({ kind: 'started', ...placeOf(started) });
    void this.#follow(watch, started.epoch, observations);
    return watch;
  }

  /**
   * An event watch that begins again, from then on, whenever it is told that history is gone. Gives what
   * it has seen so far.
   */
  follow(client: Client, subtree: string): { readonly revision: number } {
    const { observations } = this.#begin(subtree);
    const seen = { revision: 0 };
    void this.#followOn(client, subtree, observations, seen);
    return seen;
  }

  /** Nobody saw anything but what the writes of that epoch made, at the revisions they say, or one after another. */
  expectTruth(
    epoch: string,
    writes: readonly (ModelWrite & { readonly revision?: number })[],
  ): void {
    const model = new Model();
    for (const { revision = model.revision + 1, ...write } of writes) {
      model.idleUntil(revision - 1);
      model.write(write);
    }
    expect(validate(this.#recordings, new Map([[epoch, model]]))).toEqual([]);
  }

  #begin(subtree: string): Recording {
    const name = `reader ${this.#recordings.length} of ${subtree}`;
    const recording = { name, subtree, observations: [] };
    this.#recordings.push(recording);
    return recording;
  }

  async #followOn(
    client: Client,
    subtree: string,
    observations: Observation[],
    seen: { revision: number },
  ): Promise<void> {
    while (client.status.kind !== 'closed') {
      const watch = client.watch(subtree);
      try {
        const { epoch, revision } = await watch.started({ timeoutMs: 60_000 });
        observations.push({ kind: 'started', history: epoch, revision });
        seen.revision = Math.max(seen.revision, revision);
        for await (const commit of watch) {
          observations.push({ kind: 'commit', history: epoch, commit });
          seen.revision = commit.revision;
        }
      } catch (error) {
        if (!(error instanceof CompactedError)) return;
        observations.push({ kind: 'told' });
      }
    }
  }

  async #follow(watch: Watch, history: string, observations: Observation[]): Promise<void> {
    for await (const commit of watch) observations.push({ kind: 'commit', history, commit });
  }
}

/** Nothing is put back here, so that an epoch has one history. */
function placeOf({ epoch, revision }: Position) {
  return { history: epoch, revision };
}
