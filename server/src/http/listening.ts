import { tokenOf } from './caller.ts';
import type { Call } from './route.ts';
import { type WatchingParts, WatchingSocket } from './watching-socket.ts';

/**
 * Has a request listen as a connection of its own, by the token that it came with. Throws `too_many_requests` where so
 * many do already.
 */
export function listenOn(
  { exchange, service, context }: Call,
  parts: Pick<WatchingParts, 'transport' | 'watch' | 'reader'> & { readonly onOver?: () => void },
): WatchingSocket {
  const { peer } = exchange;
  const { isOn } = service.auth.authority;
  const principal = isOn ? context.principal.name : undefined;
  const leave = service.readers.enter({ address: peer.address, principal });
  const onOver = () => {
    leave();
    parts.onOver?.();
  };
  return new WatchingSocket({ ...parts, peer, token: tokenOf(exchange), onOver }, service.accept);
}
