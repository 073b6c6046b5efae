/**
 * Calls a function of the user, isolated from the client. What it throws is its own matter, and so is the
 * rejection of an `async` one, which nobody awaits: unhandled, Node ends the whole process with it. It need
 * not be a `Promise` of this realm, but can be anything with a `then`.
 */
export function callBack<Event>(
  callback: (event: Event) => unknown,
  event: Event,
  failed: (error: unknown) => void,
): void {
  try {
    const outcome = callback(event);
    if (outcome) new Promise((resolve) => resolve(outcome)).catch(failed);
  } catch (error) {
    failed(error);
  }
}
