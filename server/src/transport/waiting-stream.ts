import type { Duplex } from 'node:stream';

/** Makes of what answers a connection something that first ends its waiting. */
type Told = <Argument, Result>(
  answer: (argument: Argument) => Result,
) => (argument: Argument) => Result;

/**
 * Keeps a connection whose request may have to wait for its answer; each of those is `told` so. One that ends meanwhile
 * is given up, and so is one that sends something: it is to wait as well, and Node would keep what it sent.
 */
export function waitWith(stream: Duplex, rest: Buffer, ask: (told: Told) => () => void): void {
  let isWaiting = true;
  // safeguard: who-waits-sends-nothing
  const events = ['data', 'end', 'error', 'close'] as const;
  const stopWaiting = () => {
    isWaiting = false;
    for (const event of events) stream.off(event, end);
  };
  const end = () => {
    stopWaiting();
    giveUp();
    stream.destroy();
  };
  const giveUp = ask((answer) => (argument) => {
    stopWaiting();
    return answer(argument);
  });
  if (!isWaiting) return;
  for (const event of events) stream.on(event, end);
  if (rest.length > 0) end();
}
