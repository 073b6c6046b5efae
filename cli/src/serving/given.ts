import { resolve } from 'node:path';
import type { Place } from '../config-data/parsed.ts';
import type { Setting } from './setting.ts';
import { shown } from './shown.ts';

/** Where a value was said. */
export type Origin =
  | { readonly kind: 'flag'; readonly flag: string }
  | { readonly kind: 'environment'; readonly variable: string }
  | { readonly kind: 'file'; readonly file: string; readonly place: Place | undefined };

/** What was said of a setting: one text, or several where it takes them. */
export interface Given {
  readonly texts: readonly string[];
  readonly origin: Origin;
}

/** Everything that was said in one of the ways to say it. */
export class Layer {
  readonly given = new Map<Setting<unknown>, Given>();
  /** What is wrong with it, each on one line. */
  readonly problems: string[] = [];
  /** What somebody should know of although it is no error. */
  readonly warnings: string[] = [];
  readonly #base: string;

  /** `base`: where relative paths begin. */
  constructor(base: string) {
    this.#base = base;
  }

  /** Takes what was said of a setting, if it can be that. */
  take(setting: Setting<unknown>, texts: readonly string[], origin: Origin): void {
    const { kind } = setting;
    if (kind.read(texts) === undefined) {
      this.refuse(setting, texts.map(shown).join(', ') || 'nothing', origin);
      return;
    }
    const isPlace = kind.isPlace === true;
    const base = this.#base;
    this.given.set(setting, {
      texts: isPlace ? texts.map((one) => resolve(base, one)) : texts,
      origin,
    });
  }

  refuse({ name, kind }: Setting<unknown>, said: string, origin: Origin): void {
    const what = origin.kind === 'file' ? `${originText(origin)}: ${name}` : originText(origin);
    this.problems.push(`${what} takes ${kind.expects}, not ${said}`);
  }

  /** Of what is no setting itself: whatever was to fill it did not. */
  refuseEmpty(expects: string, origin: Origin): void {
    this.problems.push(`${originText(origin)} takes ${expects}, not ""`);
  }
}

/** `--tls-cert`, `CONFER_TLS_CERT` or `confer.yaml:3:5`. */
export function originText(origin: Origin): string {
  switch (origin.kind) {
    case 'flag':
      return `--${origin.flag}`;
    case 'environment':
      return origin.variable;
    case 'file': {
      const { file, place } = origin;
      return place === undefined ? file : `${file}:${place.line}:${place.column}`;
    }
  }
}
