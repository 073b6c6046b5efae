import { DEFAULT_PORT } from '@confer/shared';
import {
  address,
  choice,
  count,
  directory,
  file,
  many,
  onOrOff,
  textKind,
  time,
  urls,
  yesNo,
} from './kinds.ts';
import { type Setting, setting } from './setting.ts';

/** As the server has it: whoever waits longer for one that stops, waits for one that hangs. */
const STOP_MAX = { ms: 3_600_000, text: '1h' };

/**
 * All that a server can be told: flags, variables of the environment, keys of the file, help and the reference in the
 * documentation come from here, in this order.
 */
export const SETTINGS = {
  data: setting({
    name: 'data',
    kind: directory,
    initial: './data',
    help: 'where the data are kept',
  }),
  engine: setting({
    name: 'engine',
    kind: choice('name', ['lmdb', 'etcd', 'memory']),
    initial: 'lmdb',
    help: 'what keeps the data: lmdb here, etcd in a cluster, memory not at all',
  }),
  listen: setting({
    name: 'listen',
    kind: address,
    initial: `127.0.0.1:${DEFAULT_PORT}`,
    help: 'the address',
  }),
  transport: setting({
    name: 'transport',
    kind: choice('name', ['uws', 'ws']),
    otherwise: 'uws where it runs',
    help: 'the socket library',
  }),
  acceptLoss: setting({
    name: 'accept-loss',
    kind: yesNo,
    initial: 'false',
    help: 'start although data are missing or older than the directory says; the log says what is lost',
  }),
  keepAge: setting({
    name: 'keep.age',
    kind: time(),
    initial: '24h',
    reloads: true,
    help: 'history is kept for at least this long',
  }),
  keepCommits: setting({
    name: 'keep.commits',
    kind: count,
    initial: '100000',
    reloads: true,
    help: 'and at least so many commits of it',
  }),
  logLevel: setting({
    name: 'log.level',
    kind: choice('level', ['error', 'warn', 'info', 'debug']),
    initial: 'info',
    reloads: true,
    help: 'what is said of what happens, on stderr: this and what is worse',
  }),
  logFormat: setting({
    name: 'log.format',
    kind: choice('format', ['auto', 'json', 'text']),
    initial: 'auto',
    help: 'a line of JSON each, or text for people; auto is text on a terminal and else json',
  }),
  drainDelay: setting({
    name: 'drain.delay',
    kind: time(STOP_MAX, { isNone: true }),
    initial: '0s',
    help: 'told to end, say so at /readyz and serve on for so long, until nobody is sent here',
  }),
  drainTimeout: setting({
    name: 'drain.timeout',
    kind: time(STOP_MAX),
    initial: '20s',
    help: 'end within so long, that delay included: clients are sent away, what they asked for is finished',
  }),
  tlsCert: setting({
    name: 'tls.cert',
    kind: file,
    help: 'serve https and wss with this certificate and its chain (PEM)',
  }),
  tlsKey: setting({
    name: 'tls.key',
    kind: file,
    help: 'and its key; both are read again when they change, and on SIGHUP',
  }),
  clientCa: setting({
    name: 'tls.client-ca',
    flag: 'client-ca',
    kind: file,
    help: 'let in only whose certificate these authorities signed (PEM); needs --transport ws',
  }),
  trustedProxy: setting({
    name: 'trusted-proxy',
    kind: many('network', 'a network such as 10.0.0.0/8'),
    reloads: true,
    help: 'a proxy with TLS is in front, in 10.0.0.0/8 or so: it may say whose request it is (several times)',
  }),
  allowOrigin: setting({
    name: 'allow-origin',
    kind: many('url', 'an origin such as https://console.example'),
    reloads: true,
    help: 'pages of https://console.example or so may connect (several times)',
  }),
  publicHost: setting({
    name: 'public-host',
    kind: many('name', 'a host such as config.example or config.example:8443'),
    reloads: true,
    help: 'the server is reached as config.example or config.example:8443, too (several times)',
  }),
  insecure: setting({
    name: 'insecure',
    kind: yesNo,
    initial: 'false',
    help: 'listen beyond this machine although nobody is authenticated, or everybody on the way can read',
  }),
  auth: setting({
    name: 'auth.mode',
    flag: 'auth',
    kind: onOrOff,
    initial: 'off',
    help: 'whether everybody is asked who they are; see help rights',
  }),
  bootstrapTokenFile: setting({
    name: 'auth.bootstrap-token-file',
    flag: 'bootstrap-token-file',
    kind: file,
    help: "a file with a token that becomes the first admin's, where there is none yet",
  }),
  issuers: setting({
    name: 'auth.issuers',
    flag: 'issuers',
    kind: file,
    help: 'whose signed tokens (JWTs, OIDC) are believed, with --auth on',
  }),
  audit: setting({
    name: 'audit.mode',
    flag: 'audit',
    kind: choice('how', ['off', 'best-effort', 'required']),
    otherwise: 'best-effort with --auth on',
    help: 'write down who did what: before it is done, or as well as can be',
  }),
  auditReads: setting({
    name: 'audit.reads',
    kind: many('subtree', 'a subtree such as /shop'),
    help: 'write down who reads this, too (several times)',
  }),
  auditDir: setting({
    name: 'audit.dir',
    kind: directory,
    otherwise: 'audit in --data; a gateway has no default',
    help: 'where',
  }),
  etcd: setting({
    name: 'etcd.urls',
    flag: 'etcd',
    kind: urls,
    help: 'the members, separated by commas: http://a:2379,http://b:2379',
  }),
  etcdPrefix: setting({
    name: 'etcd.prefix',
    kind: textKind('prefix'),
    initial: '/confer/',
    help: "of all of Confer's keys in etcd",
  }),
  etcdCa: setting({
    name: 'etcd.ca',
    kind: file,
    otherwise: 'the authorities that Node trusts',
    help: 'the authority that signed the certificates of etcd (PEM)',
  }),
  etcdCert: setting({
    name: 'etcd.cert',
    kind: file,
    help: 'the certificate that this server shows to etcd (PEM)',
  }),
  etcdKey: setting({ name: 'etcd.key', kind: file, help: 'and its key' }),
  etcdUser: setting({
    name: 'etcd.user',
    kind: textKind('name'),
    help: 'who this server is to etcd',
  }),
  etcdPasswordFile: setting({
    name: 'etcd.password-file',
    kind: file,
    help: 'and the file with the password',
  }),
  etcdCompact: setting({
    name: 'etcd.compact',
    kind: choice('who', ['confer', 'leave']),
    initial: 'confer',
    help: 'whose history of etcd is shortened: by Confer for all who use it, or by somebody else',
  }),
};

/** In the order of the help. */
export const allSettings: readonly Setting<unknown>[] = Object.values(SETTINGS);

/** Where the file is, which cannot stand in the file. */
export const CONFIG = {
  flag: 'config',
  variable: 'CONFER_CONFIG',
  expects: 'the path of a file',
} as const;
