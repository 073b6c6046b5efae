import type { TestProject } from 'vitest/node';
import { loadUws } from '../../server/src/transport/uws.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Whether the binary of uWebSockets.js loads on this machine with this Node. */
    uwsIsHere: boolean;
  }
}

/**
 * Before all tests: tries once whether uWebSockets.js loads. Where it does not, the server serves over ws,
 * and so do its tests; what is about uWebSockets.js itself does not run, which is said here, once.
 */
export default async function (project: TestProject): Promise<void> {
  const problem = await loadUws().then(
    () => undefined,
    (error: unknown) => String(error),
  );
  if (problem !== undefined) console.warn(`Tests over uWebSockets.js do not run here. ${problem}`);
  project.provide('uwsIsHere', problem === undefined);
}
