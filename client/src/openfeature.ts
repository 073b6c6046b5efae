import type { Client } from './api.ts';
import {
  type ConferProviderOptions,
  FlagSource,
  PROVIDER_NAME,
} from './openfeature/flag-source.ts';
import type { Json } from './openfeature/flag-values.ts';
import type { ProviderEvents } from './openfeature/provider-events.ts';
import {
  aBoolean,
  aNumber,
  aString,
  type Resolution,
  resolveObject,
  resolveScalar,
} from './openfeature/resolve.ts';

/*
 * The two providers fit the interfaces of the SDKs by their shape, so that neither SDK has to be there for the other.
 */

/**
 * Flags for `@openfeature/server-sdk`, out of the mirror of a subtree: each evaluation is a look into memory. The key
 * `new-checkout` is the entry `new-checkout` below the path; slashes in a key lead further down.
 *
 * ```ts
 * await OpenFeature.setProviderAndWait(new ConferProvider(connect('http://127.0.0.1:7480'), '/flags'));
 * const isOn = await OpenFeature.getClient().getBooleanValue('new-checkout', false);
 * ```
 *
 * The client stays its owner's: closing the provider does not close it. There is no targeting: everybody is told the same.
 */
export class ConferProvider {
  readonly metadata = { name: PROVIDER_NAME };
  readonly runsOn = 'server';
  readonly events: ProviderEvents;
  readonly #source: FlagSource;

  /** @throws {ConferError} `invalid_path` or `invalid_argument`. */
  constructor(client: Client, path: string, options?: ConferProviderOptions) {
    this.#source = new FlagSource(client, path, options);
    this.events = this.#source.events;
  }

  initialize(): Promise<void> {
    return this.#source.open();
  }

  async onClose(): Promise<void> {
    this.#source.close();
  }

  async resolveBooleanEvaluation(flagKey: string): Promise<Resolution<boolean>> {
    return resolveScalar(this.#source.mirror, flagKey, aBoolean);
  }

  async resolveStringEvaluation(flagKey: string): Promise<Resolution<string>> {
    return resolveScalar(this.#source.mirror, flagKey, aString);
  }

  async resolveNumberEvaluation(flagKey: string): Promise<Resolution<number>> {
    return resolveScalar(this.#source.mirror, flagKey, aNumber);
  }

  async resolveObjectEvaluation<Value extends Json>(
    flagKey: string,
    defaultValue: Value,
  ): Promise<Resolution<Value>> {
    return resolveObject(this.#source.mirror, flagKey, defaultValue);
  }
}

/** The same as `ConferProvider` for `@openfeature/web-sdk`, which asks without waiting. */
export class ConferWebProvider {
  readonly metadata = { name: PROVIDER_NAME };
  readonly runsOn = 'client';
  readonly events: ProviderEvents;
  readonly #source: FlagSource;

  /** @throws {ConferError} `invalid_path` or `invalid_argument`. */
  constructor(client: Client, path: string, options?: ConferProviderOptions) {
    this.#source = new FlagSource(client, path, options);
    this.events = this.#source.events;
  }

  initialize(): Promise<void> {
    return this.#source.open();
  }

  async onClose(): Promise<void> {
    this.#source.close();
  }

  resolveBooleanEvaluation(flagKey: string): Resolution<boolean> {
    return resolveScalar(this.#source.mirror, flagKey, aBoolean);
  }

  resolveStringEvaluation(flagKey: string): Resolution<string> {
    return resolveScalar(this.#source.mirror, flagKey, aString);
  }

  resolveNumberEvaluation(flagKey: string): Resolution<number> {
    return resolveScalar(this.#source.mirror, flagKey, aNumber);
  }

  resolveObjectEvaluation<Value extends Json>(
    flagKey: string,
    defaultValue: Value,
  ): Resolution<Value> {
    return resolveObject(this.#source.mirror, flagKey, defaultValue);
  }
}

export type { ConferProviderOptions };
