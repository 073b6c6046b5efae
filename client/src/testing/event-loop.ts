/**
 * Resolves in the next turn of the event loop, when all promises have run that wait for nothing else. A message to
 * oneself, because test runners put timers of their own in the place of the real ones, and leave this alone.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.once('message', () => {
      port1.close();
      resolve();
    });
    port2.postMessage(undefined);
  });
}
