import { once } from 'node:events';
import { createServer } from 'node:net';

const MEMBERS = 3;
const GATEWAYS = 2;
/** How many ports it takes: one for each gateway, and two for each member. */
export const PORTS = GATEWAYS + 2 * MEMBERS;

/** The ports from the first one on, or any; rejects where one of them is taken. */
export async function portsFrom(first) {
  const wanted = Array.from({ length: PORTS }, (_, i) => (first === undefined ? 0 : first + i));
  const probes = [];
  try {
    // All at the same time: two that are asked for one after the other may be the same.
    for (const port of wanted) probes.push(await listening(port));
    const ports = probes.map((probe) => probe.address().port);
    return {
      gateways: ports.slice(0, GATEWAYS),
      clients: ports.slice(GATEWAYS, GATEWAYS + MEMBERS),
      peers: ports.slice(GATEWAYS + MEMBERS),
    };
  } finally {
    await Promise.all(probes.map((probe) => new Promise((resolve) => probe.close(resolve))));
  }
}

async function listening(port) {
  const probe = createServer().listen(port, '127.0.0.1');
  try {
    await once(probe, 'listening');
    return probe;
  } catch (error) {
    const reason = error.code === 'EADDRINUSE' ? 'it is in use' : error.message;
    throw new Error(
      `port ${port} cannot be had: ${reason}; another --base-port, or none, may help`,
    );
  }
}
