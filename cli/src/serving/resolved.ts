import type { Given, Layer } from './given.ts';
import type { Initialised, Setting } from './setting.ts';
import { allSettings } from './table.ts';

/** What holds of all that was said: of each setting, what was said nearest. */
export class Resolved {
  readonly #layers: readonly Layer[];

  /** From the nearest on: flags, the environment, the file. */
  constructor(layers: readonly Layer[]) {
    this.#layers = layers;
  }

  /** What is wrong with what was said, wherever it was. */
  get problems(): readonly string[] {
    return this.#layers.flatMap(({ problems }) => problems);
  }

  /** Whether some of it stands on the command line. */
  get isMistyped(): boolean {
    return (this.#layers[0]?.problems.length ?? 0) > 0;
  }

  get warnings(): readonly string[] {
    return this.#layers.flatMap(({ warnings }) => warnings);
  }

  value<Value>(setting: Initialised<Value>): Value;
  value<Value>(setting: Setting<Value>): Value | undefined;
  value<Value>(setting: Setting<Value>): Value | undefined {
    const texts = this.texts(setting);
    return texts && setting.kind.read(texts);
  }

  /** What somebody said, or what counts where nobody did. */
  texts(setting: Setting<unknown>): readonly string[] | undefined {
    const { initial } = setting;
    return this.given(setting)?.texts ?? (initial === undefined ? undefined : [initial]);
  }

  given(setting: Setting<unknown>): Given | undefined {
    return this.#layers.map(({ given }) => given.get(setting)).find((one) => one !== undefined);
  }

  /** Whether `one` was said where `other` was, or nearer, so that it was not meant for another occasion. */
  isAsNear(one: Setting<unknown>, other: Setting<unknown>): boolean {
    return this.#distance(one) <= this.#distance(other) && this.given(one) !== undefined;
  }

  /** The settings that differ. */
  changed(before: Resolved): readonly Setting<unknown>[] {
    return allSettings.filter(
      (one) => JSON.stringify(this.texts(one)) !== JSON.stringify(before.texts(one)),
    );
  }

  #distance(setting: Setting<unknown>): number {
    const at = this.#layers.findIndex(({ given }) => given.has(setting));
    return at === -1 ? this.#layers.length : at;
  }
}
