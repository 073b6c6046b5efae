import { resolve } from 'node:path';
import type { DoorOptions, EngineOptions, ReloadableOptions, ServerOptions } from '@confer/server';
import type { Resolved } from './resolved.ts';
import { SETTINGS } from './table.ts';

/** What a server is started with, of what it was told. Only where `contradictions` has nothing to say. */
export function serverOptionsOf(settings: Resolved): ServerOptions {
  const transport = settings.value(SETTINGS.transport);
  return {
    ...engineOf(settings),
    ...settings.value(SETTINGS.listen),
    ...(transport && { transport }),
    ...doorOf(settings),
    ...authOf(settings),
    drainDelayMs: settings.value(SETTINGS.drainDelay),
    drainTimeoutMs: settings.value(SETTINGS.drainTimeout),
    ...reloadableOptionsOf(settings),
  };
}

/** What of it a server that runs can be told anew. */
export function reloadableOptionsOf(settings: Resolved): ReloadableOptions {
  return {
    retention: {
      ageMs: settings.value(SETTINGS.keepAge),
      commits: settings.value(SETTINGS.keepCommits),
    },
    trustedProxies: settings.value(SETTINGS.trustedProxy) ?? [],
    allowOrigins: settings.value(SETTINGS.allowOrigin) ?? [],
    publicHosts: settings.value(SETTINGS.publicHost) ?? [],
  };
}

/** What was said that cannot be all at once, or lacks its other half. */
export function contradictions(settings: Resolved): string[] {
  const has = (setting: Parameters<Resolved['given']>[0]) => settings.given(setting) !== undefined;
  const engine = settings.value(SETTINGS.engine);
  const found: string[] = [];
  if (has(SETTINGS.tlsCert) !== has(SETTINGS.tlsKey))
    found.push('--tls-cert and --tls-key go together: "confer tls self-signed" makes both');
  if (has(SETTINGS.clientCa) && !has(SETTINGS.tlsCert))
    found.push('--client-ca needs TLS: pass --tls-cert and --tls-key, too');
  if (engine !== 'etcd' && settings.isAsNear(SETTINGS.etcd, SETTINGS.engine))
    found.push('--etcd names the members of a cluster: say --engine etcd, too');
  if (engine === 'etcd' && !has(SETTINGS.etcd))
    found.push('--engine etcd needs --etcd with the addresses of its members');
  if (engine === 'memory' && settings.isAsNear(SETTINGS.data, SETTINGS.engine))
    found.push('--engine memory keeps nothing, and --data names a place to keep it');
  if (settings.value(SETTINGS.drainDelay) >= settings.value(SETTINGS.drainTimeout))
    found.push('--drain-timeout begins with --drain-delay, so it has to be longer');
  return found;
}

/** Who may come in, and how. */
function doorOf(settings: Resolved): DoorOptions {
  const certFile = settings.value(SETTINGS.tlsCert);
  const keyFile = settings.value(SETTINGS.tlsKey);
  const clientCaFile = settings.value(SETTINGS.clientCa);
  const files = certFile === undefined || keyFile === undefined ? undefined : { certFile, keyFile };
  return {
    ...(files && { tls: { ...files, ...(clientCaFile !== undefined && { clientCaFile }) } }),
    insecure: settings.value(SETTINGS.insecure),
  };
}

function engineOf(settings: Resolved): EngineOptions {
  const engine = settings.value(SETTINGS.engine);
  switch (engine) {
    case 'memory':
      return { engine };
    case 'lmdb':
      return {
        engine,
        // The default is not seen from a file.
        dataDirectory: resolve(settings.value(SETTINGS.data)),
        acceptLoss: settings.value(SETTINGS.acceptLoss),
      };
    case 'etcd':
      return { engine, ...etcdOf(settings) };
  }
}

function etcdOf(settings: Resolved) {
  const named = {
    caFile: settings.value(SETTINGS.etcdCa),
    certFile: settings.value(SETTINGS.etcdCert),
    keyFile: settings.value(SETTINGS.etcdKey),
    user: settings.value(SETTINGS.etcdUser),
    passwordFile: settings.value(SETTINGS.etcdPasswordFile),
  };
  return {
    endpoints: settings.value(SETTINGS.etcd) ?? [],
    prefix: settings.value(SETTINGS.etcdPrefix),
    compactsCluster: settings.value(SETTINGS.etcdCompact) === 'confer',
    ...Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined)),
  };
}

function authOf(settings: Resolved) {
  const named = {
    bootstrapTokenFile: settings.value(SETTINGS.bootstrapTokenFile),
    issuersFile: settings.value(SETTINGS.issuers),
    auditDirectory: settings.value(SETTINGS.auditDir),
  };
  const audit = settings.value(SETTINGS.audit);
  const auditReads = settings.value(SETTINGS.auditReads);
  return {
    auth: settings.value(SETTINGS.auth) ? ('on' as const) : ('off' as const),
    ...(audit && { audit }),
    ...(auditReads && { auditReads }),
    ...Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined)),
  };
}
