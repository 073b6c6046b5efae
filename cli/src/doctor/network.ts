import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import { type Address, portAdvice } from './address.ts';
import { type Finding, fail, ok } from './finding.ts';
import { msText, type ProbeLimits, probe, reasonOf } from './probe.ts';

/** What the name of the server leads to. */
export async function probeName(limits: ProbeLimits, { host, isIp }: Address): Promise<Finding> {
  if (isIp) return ok('dns', `${host} is an address`);
  const found = await probe(limits, () => lookup(host, { all: true }));
  const advice = 'look whether the name is right, and whether this machine can look up names';
  switch (found.kind) {
    case 'late':
      return fail('dns', `no answer about ${host} in ${msText(limits.timeoutMs)}`, advice);
    case 'failed':
      return fail('dns', `${host}: ${reasonOf(found.error)}`, advice);
    case 'found': {
      const addresses = found.result.map(({ address }) => address);
      const shown = addresses.slice(0, 4).join(', ');
      const more = addresses.length > 4 ? ` and ${addresses.length - 4} more` : '';
      return ok('dns', `${shown}${more} in ${msText(found.tookMs)}`, {
        addresses,
        tookMs: found.tookMs,
      });
    }
  }
}

/** Whether something listens there, and how far away it is. */
export async function probePort(limits: ProbeLimits, address: Address): Promise<Finding> {
  const { host, port } = address;
  const socket = connect({ host, port });
  const found = await probe(
    limits,
    () =>
      new Promise<string>((resolve, reject) => {
        socket.once('connect', () => resolve(socket.remoteAddress ?? host));
        socket.once('error', reject);
      }),
    () => socket.destroy(),
  );
  switch (found.kind) {
    case 'late':
      return fail(
        'tcp',
        `no answer from ${host} port ${port} in ${msText(limits.timeoutMs)}`,
        `a firewall may drop it on the way; or ${portAdvice(address)}`,
      );
    case 'failed':
      return fail('tcp', reasonOf(found.error), portAdvice(address));
    case 'found':
      return ok('tcp', `connected to ${found.result} port ${port} in ${msText(found.tookMs)}`, {
        address: found.result,
        tookMs: found.tookMs,
      });
  }
}
