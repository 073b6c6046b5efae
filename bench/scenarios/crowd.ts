import type { Subscriber } from '../load/driver.ts';
import type { Target } from './scenario.ts';

/** As many as a server can be asked to accept before it has looked at the first of them. */
const AT_ONCE = 200;

/** Many subscribers, each with a connection of its own. */
export interface Crowd {
  readonly subscribers: readonly Subscriber[];
  close(): void;
}

export async function gather(
  { driver, port }: Target,
  size: number,
  subtreeOf: (subscriber: number) => string,
  onChange: (subscriber: number, sequence: number) => void,
): Promise<Crowd> {
  const subscribers: Subscriber[] = [];
  while (subscribers.length < size) {
    const from = subscribers.length;
    const next = Array.from({ length: Math.min(AT_ONCE, size - from) }, (_, i) =>
      driver.subscribe({
        port,
        subtree: subtreeOf(from + i),
        onChange: (sequence) => onChange(from + i, sequence),
      }),
    );
    subscribers.push(...next);
    await Promise.all(next.map(({ ready }) => ready));
  }
  return {
    subscribers,
    close: () => {
      for (const subscriber of subscribers) subscriber.close();
    },
  };
}
