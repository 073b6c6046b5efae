import { type Data, type Entry, readValue } from '@confer/shared';
import {
  createContext,
  createElement,
  type ReactNode,
  useCallback,
  useContext,
  useMemo,
  useSyncExternalStore,
} from 'react';
import type { Client } from './api.ts';
import type { Config } from './config/api.ts';
import { ConferError } from './errors.ts';
import { Reader, type Store } from './react/reader.ts';
import { selectionOf } from './react/selection.ts';
import { type ConferStatus, SharedMirrors } from './react/shared-mirrors.ts';
import { systemClock } from './system-clock.ts';
import { checkPath, checkSubtree } from './validation/arguments.ts';

export interface ConferProviderProps {
  /** Closed by whoever made it. `undefined` on a server that renders, where components show the bootstrap. */
  readonly client: Client | undefined;
  /**
   * All values at and below it come from one mirror, so that no component sees half of a commit. Without it, and
   * for other paths, each value comes from a mirror of its folder, and entries from one of their path.
   */
  readonly subtree?: string;
  /**
   * Entries to show until the mirrors are complete, in the order of the tree, as `mirror.list()` gives them. The
   * same array in each render, and the same entries on the server and in the page.
   */
  readonly bootstrap?: readonly Entry[];
  readonly children?: ReactNode;
}

/** Mirrors are shared by all providers of a client, and outlive each of them. */
const mirrorsOfClients = new WeakMap<Client, SharedMirrors>();
const NO_ENTRIES: readonly Entry[] = [];
const ReaderContext = createContext<Reader | undefined>(undefined);
/** Where nothing is connected. */
const NO_STATUS: ConferStatus = {
  connection: { kind: 'connecting', url: '', attempt: 1 },
  mirrors: undefined,
  staleSince: undefined,
};

/**
 * Gives the components below it what a client mirrors.
 *
 * ```tsx
 * const confer = connect('https://confer.example');
 * createRoot(element).render(
 *   <ConferProvider client={confer} subtree="/shop"><Shop /></ConferProvider>,
 * );
 * ```
 *
 * @throws {ConferError} `invalid_path`, when `subtree` is none.
 */
export function ConferProvider({
  client,
  subtree,
  bootstrap = NO_ENTRIES,
  children,
}: ConferProviderProps): ReactNode {
  const reader = useMemo(() => {
    if (subtree !== undefined) checkSubtree(subtree);
    return new Reader(client && mirrorsOf(client), subtree, bootstrap);
  }, [client, subtree, bootstrap]);
  return createElement(ReaderContext.Provider, { value: reader }, children);
}

/**
 * The value at `path`; `undefined` where there is none, or it has not come yet. With `parse` it is the data that the
 * value stands for, by the convention of the tools: `8080` is a number, `[1,2]` a list, `localhost` a string. The
 * component renders again when that value changes, and not when others do.
 *
 * @throws {ConferError} `invalid_path`; `invalid_argument`, where no `ConferProvider` is above.
 */
export function useConferValue(path: string): string | undefined;
export function useConferValue(path: string, options: { readonly parse: true }): Data | undefined;
export function useConferValue(
  path: string,
  options?: { readonly parse?: boolean },
): Data | undefined {
  const reader = useReader('useConferValue');
  const value = useStore(
    useMemo(() => {
      checkPath(path);
      return reader.valueAt(path);
    }, [reader, path]),
  );
  const isParsed = options?.parse === true;
  return useMemo(
    () => (isParsed && value !== undefined ? readValue(value) : value),
    [isParsed, value],
  );
}

/**
 * The entries at and below `path`, in the order of the tree: the same array until one of them changes.
 *
 * @throws {ConferError} `invalid_path`; `invalid_argument`, where no `ConferProvider` is above.
 */
export function useConferEntries(path: string): readonly Entry[] {
  const reader = useReader('useConferEntries');
  return useStore(
    useMemo(() => {
      checkSubtree(path);
      return reader.entriesAt(path);
    }, [reader, path]),
  );
}

/**
 * The last good object of a configuration, or `undefined` before there is one. With `select` it is what that makes of
 * the object, and the component renders again when that is another one (`Object.is`). Needs no provider.
 */
export function useConferConfig<Value>(config: Config<Value>): Value | undefined;
export function useConferConfig<Value, Part>(
  config: Config<Value>,
  select: (value: Value) => Part,
): Part | undefined;
export function useConferConfig<Value>(
  config: Config<Value>,
  select: (value: Value) => unknown = itself,
): unknown {
  const read = useMemo(() => selectionOf(config, select), [config, select]);
  const subscribe = useCallback((callback: () => void) => config.subscribe(callback), [config]);
  return useSyncExternalStore(subscribe, read, read);
}

/**
 * How the connection and the mirrors of all components are, for a banner that says since when what is shown may be old.
 *
 * @throws {ConferError} `invalid_argument`, where no `ConferProvider` is above.
 */
export function useConferStatus(): ConferStatus {
  const { mirrors } = useReader('useConferStatus');
  const store = useMemo<Store<ConferStatus>>(
    () => ({
      subscribe: (callback) => mirrors?.observeStatus(callback) ?? (() => {}),
      read: () => mirrors?.status ?? NO_STATUS,
      readFirst: () => NO_STATUS,
    }),
    [mirrors],
  );
  return useStore(store);
}

function useStore<Value>({ subscribe, read, readFirst }: Store<Value>): Value {
  return useSyncExternalStore(subscribe, read, readFirst);
}

function useReader(hook: string): Reader {
  const reader = useContext(ReaderContext);
  if (reader === undefined)
    throw new ConferError('invalid_argument', `${hook} needs a ConferProvider above it`);
  return reader;
}

function mirrorsOf(client: Client): SharedMirrors {
  const known = mirrorsOfClients.get(client) ?? new SharedMirrors(client, systemClock);
  mirrorsOfClients.set(client, known);
  return known;
}

function itself<Value>(value: Value): Value {
  return value;
}

export type { Data, Entry } from '@confer/shared';
export type { ConferStatus } from './react/shared-mirrors.ts';
