import { createServer as createHttpServer, type ServerOptions } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Server } from 'node:net';
import type { TlsFiles } from './tls-files.ts';
import { TLS12_CIPHERS } from './tls-settings.ts';

/** How long a connection may take over its request, as in uWebSockets.js. */
const REQUEST_TIMEOUT_MS = 10_000;

/** How often Node looks for those; its default of 30 s is as long again. */
const REQUEST_CHECK_MS = 1_000;

/** A server of Node, with what gives it another certificate; that throws where it takes it not. */
export function newServer(tls: TlsFiles | undefined): {
  readonly server: Server;
  readonly setTls: (tls: TlsFiles) => void;
} {
  const options: ServerOptions = {
    headersTimeout: REQUEST_TIMEOUT_MS,
    // The gate asks for one; behind the answer that Node itself would give, it would go on reading.
    requireHostHeader: false,
    // Of a body it is the pace that matters.
    requestTimeout: 0,
    connectionsCheckingInterval: REQUEST_CHECK_MS,
    keepAliveTimeout: REQUEST_TIMEOUT_MS,
  };
  if (tls === undefined) return { server: createHttpServer(options), setTls: () => {} };
  const asksClients = tls.clientCa !== undefined;
  const server = createHttpsServer({
    ...options,
    ...secureContext(tls),
    handshakeTimeout: REQUEST_TIMEOUT_MS,
    requestCert: asksClients,
    // safeguard: client-shows-a-certificate
    rejectUnauthorized: asksClients,
  });
  return { server, setTls: (next) => server.setSecureContext(secureContext(next)) };
}

/** All of it each time: what is not said again is forgotten, and with it whose clients may connect. */
function secureContext({ cert, key, clientCa }: TlsFiles) {
  const ca = clientCa === undefined ? {} : { ca: clientCa };
  return { cert, key, ...ca, minVersion: 'TLSv1.2', ciphers: TLS12_CIPHERS } as const;
}

/** Resolves to the port; rejects with the system's error. */
export function bind(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}
