import { type TransportHere, transportHere } from '@confer/server';

/** Which transport `serve` would have here. Rejects where the server itself does not load. */
export function findTransport(): Promise<TransportHere> {
  return transportHere();
}
