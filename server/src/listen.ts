import { type Clock, limits } from '@confer/shared';
import type { Admission } from './admission.ts';
import type { Counters } from './counters.ts';
import { type Door, type DoorAt, doorOf } from './door.ts';
import { StartError } from './errors.ts';
import type { Log } from './log.ts';
import { listenError, resolveHost } from './transport/address.ts';
import type { Listener, ListenOptions, Transport } from './transport/transport.ts';

export type TransportName = Transport['name'];

export interface ListenAt extends DoorAt {
  readonly port: number;
  readonly clock: Clock;
  readonly transport: TransportName | undefined;
  readonly log: Log;
  readonly counters: Counters;
  readonly admission: Admission;
}

/**
 * Refuses an address where the server may not, or cannot, listen. Asked before the data are touched,
 * so that a server that cannot start leaves nothing behind; `listen` has the last word.
 */
export async function requireAddress(at: ListenAt, now: number): Promise<Door> {
  const { host, port } = at;
  requireTransport(at.tls, at.transport);
  const door = await doorOf(at, now);
  const error = await resolveHost(host).then(
    (address) => listenError(address, port),
    (unknown: unknown) => unknown,
  );
  if (error !== undefined) throw cannotListen(host, port, error);
  return door;
}

/** @throws {StartError} where the transport cannot do what it is to do. */
export function requireTransport(tls: ListenAt['tls'], transport: ListenAt['transport']): void {
  if (tls?.clientCaFile !== undefined && transport !== 'ws')
    throw new StartError(
      'invalid',
      'uWebSockets.js cannot look at the certificates of clients: --client-ca needs --transport ws',
    );
}

/** Opens the server's door, with the transport asked for or the best one that loads. */
export async function listen(
  at: ListenAt,
  { gate, certificate }: Door,
  { onOpen, onExchange }: Pick<ListenOptions, 'onOpen' | 'onExchange'>,
): Promise<{
  readonly transport: TransportName;
  readonly listener: Listener;
}> {
  const { host, port, clock, counters, admission } = at;
  const transport = await load(at.transport, at.log);
  try {
    const listener = await transport.listen({
      host,
      port,
      clock,
      frameBytesMax: limits.frameBytesMax,
      gate,
      ...(certificate && { tls: certificate.files }),
      ...admission,
      onRefused: (why) => counters.count(`connectionsRefused.${why}`),
      onOpen,
      onExchange,
    });
    return { transport: transport.name, listener };
  } catch (error) {
    throw cannotListen(host, port, error);
  }
}

function cannotListen(host: string, port: number, error: unknown): StartError {
  const message = `cannot listen on ${host}:${port}: ${reasonOf(error)}`;
  return new StartError('unavailable', message, error);
}

async function load(name: TransportName | undefined, log: Log): Promise<Transport> {
  if (name === 'ws') return loadWs();
  const { loadUws } = await import('./transport/uws.ts');
  try {
    return await loadUws();
  } catch (error) {
    const why = reasonOf(error);
    if (name === 'uws') throw new StartError('unavailable', why, error);
    log('warn', `uWebSockets.js does not run here, so the slower ws transport serves: ${why}`);
    return loadWs();
  }
}

async function loadWs(): Promise<Transport> {
  const { wsTransport } = await import('./transport/ws.ts');
  return wsTransport;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return 'the port is in use; stop what uses it or choose another';
  if (code === 'EACCES') return 'the system does not allow that port';
  if (code === 'EADDRNOTAVAIL') return 'this machine has no such address';
  return error.message;
}
