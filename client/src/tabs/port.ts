/**
 * What a tab and the worker say to each other over a `MessagePort`: the life of one socket. The frames in it are those
 * of the protocol, as text.
 */
export type FromTab =
  /** The first message. `lock`: a lock that the tab holds for as long as it lives, where there are locks. */
  | { readonly type: 'open'; readonly url: string; readonly lock?: string | undefined }
  | { readonly type: 'frame'; readonly frame: string }
  /** Of the frames that came, so many characters more were taken: the worker does not fill a tab that is busy. */
  | { readonly type: 'taken'; readonly chars: number }
  | { readonly type: 'close'; readonly code: number };

export type ToTab =
  | { readonly type: 'opened' }
  | { readonly type: 'frame'; readonly frame: string }
  | { readonly type: 'closed'; readonly code: number; readonly reason: string };

/** Of a `MessagePort`, what is used of it. Not every platform tells of its `close`. */
export interface Port {
  postMessage(message: unknown): void;
  addEventListener(
    type: 'message' | 'close',
    listener: (event: { readonly data?: unknown }) => void,
  ): void;
  start(): void;
  close(): void;
}

export function readFromTab(data: unknown): FromTab | undefined {
  if (!isObject(data)) return undefined;
  const { type, url, lock, frame, chars, code } = data;
  if (
    type === 'open' &&
    typeof url === 'string' &&
    (lock === undefined || typeof lock === 'string')
  )
    return { type, url, lock };
  if (type === 'frame' && typeof frame === 'string') return { type, frame };
  if (type === 'taken' && typeof chars === 'number') return { type, chars };
  if (type === 'close' && typeof code === 'number') return { type, code };
  return undefined;
}

export function readToTab(data: unknown): ToTab | undefined {
  if (!isObject(data)) return undefined;
  const { type, frame, code, reason } = data;
  if (type === 'opened') return { type };
  if (type === 'frame' && typeof frame === 'string') return { type, frame };
  if (type === 'closed' && typeof code === 'number' && typeof reason === 'string')
    return { type, code, reason };
  return undefined;
}

function isObject(data: unknown): data is Readonly<Record<string, unknown>> {
  return typeof data === 'object' && data !== null;
}
