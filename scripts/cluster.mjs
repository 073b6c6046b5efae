/**
 * A whole cluster on this machine, to see how it behaves: three etcd members and two Confer gateways, in a directory
 * that is removed at the end. Works on what the build left in dist/.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Child } from './cluster/child.mjs';
import { etcdVersion, isHealthy, memberArguments, ownEnvironment } from './cluster/etcd.mjs';
import { PORTS, portsFrom } from './cluster/ports.mjs';
import { help, whatRuns, whatToTry } from './cluster/texts.mjs';
import { root } from './run.mjs';

const COMMAND = `${root}cli/dist/main.js`;
const ETCD_READY_MS = 30_000;
/** A gateway gives up by itself after half of that when etcd does not answer. */
const GATEWAY_READY_MS = 30_000;
/** A terminal and pnpm make two signals of one Ctrl-C. */
const SAME_SIGNAL_MS = 500;

class Mistake extends Error {}

const stopping = new AbortController();
const children = [];
let directory;
let isEnding = false;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  let firstAt;
  process.on(signal, () => {
    firstAt ??= performance.now();
    // Whoever asks again does not want to wait.
    if (performance.now() - firstAt > SAME_SIGNAL_MS)
      for (const child of children) child.signal('SIGKILL');
    stopping.abort();
  });
}

// Nobody reads any more what it says.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => stopping.abort());
// Whatever happens, nothing is left running.
process.on('exit', () => {
  for (const child of children) child.signal('SIGKILL');
});

try {
  const basePort = readArguments(process.argv.slice(2));
  if (basePort === 'help') console.log(help());
  else await run(basePort);
} catch (error) {
  if (stopping.signal.aborted) console.log('stopped before all of it was there');
  else console.error(`error: ${error.message}`);
  process.exitCode = stopping.signal.aborted ? 0 : error instanceof Mistake ? 2 : 1;
} finally {
  await end();
}

/** The first port, `undefined` for any that are free, or that help is asked for. */
function readArguments(args) {
  let values;
  try {
    values = parseArgs({
      args,
      options: { 'base-port': { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    }).values;
  } catch (error) {
    throw new Mistake(`${error.message}\n\n${help()}`);
  }
  if (values.help) return 'help';
  const given = values['base-port'];
  if (given === undefined) return undefined;
  const last = 65_536 - PORTS;
  if (/^\d{1,5}$/.test(given) && Number(given) >= 1 && Number(given) <= last) return Number(given);
  throw new Mistake(`--base-port ${given}: a number from 1 to ${last} is wanted`);
}

async function run(basePort) {
  const version = await etcdVersion();
  const ports = await portsFrom(basePort);
  directory = mkdtempSync(join(tmpdir(), 'confer-cluster-'));
  console.log(`starting three members of etcd ${version} and two gateways`);
  const members = await startMembers(ports);
  const gateways = await startGateways(ports, members);
  console.log(whatRuns({ members, gateways, directory }));
  console.log(whatToTry({ members, gateways }));
  await Promise.race([aborted(), allGone()]);
  if (stopping.signal.aborted) console.log('\nstopping');
  else throw new Error('nothing of it runs any more');
}

async function startMembers({ clients, peers }) {
  const members = clients.map((port, i) => {
    const name = `m${i + 1}`;
    const url = `http://127.0.0.1:${port}`;
    const args = memberArguments({ name, url, peers, index: i, directory: join(directory, name) });
    return start(`member ${name}`, url, ['etcd', ...args], join(directory, `${name}.log`));
  });
  const areReady = members.map((member) =>
    member.until(() => isHealthy(member.url), ETCD_READY_MS),
  );
  await before(stopping.signal, Promise.all(areReady));
  return members;
}

async function startGateways({ gateways: ports }, members) {
  const etcd = members.map(({ url }) => url).join(',');
  const gateways = ports.map((port, i) => {
    const listen = `127.0.0.1:${port}`;
    const serve = ['serve', '--engine', 'etcd', '--etcd', etcd, '--listen', listen];
    const log = join(directory, `gateway-${i + 1}.log`);
    return start(
      `gateway ${i + 1}`,
      `http://${listen}`,
      [process.execPath, COMMAND, ...serve],
      log,
    );
  });
  // Its first line on stdout says that it listens.
  const areReady = gateways.map((gateway) =>
    gateway.until(() => gateway.said().includes(`${gateway.url}\n`), GATEWAY_READY_MS),
  );
  await before(stopping.signal, Promise.all(areReady));
  return gateways;
}

function start(name, url, command, log) {
  const child = new Child({ name, url, command, log, env: ownEnvironment() });
  children.push(child);
  child.gone.then((how) => {
    if (!isEnding && child.wasReady)
      console.log(`${name} (pid ${child.pid}) ended by itself: ${how}`);
  });
  return child;
}

async function end() {
  isEnding = true;
  // Gateways first, while they have something to take leave of.
  for (const kind of ['gateway', 'member'])
    await Promise.all(
      children.filter(({ name }) => name.startsWith(kind)).map((each) => each.stop()),
    );
  if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
}

function aborted() {
  return new Promise((resolve) => {
    if (stopping.signal.aborted) resolve();
    stopping.signal.addEventListener('abort', resolve);
  });
}

function allGone() {
  return Promise.all(children.map(({ gone }) => gone));
}

/** What `promise` becomes, unless the signal comes first. */
function before(signal, promise) {
  return Promise.race([
    promise,
    aborted().then(() => {
      throw signal.reason;
    }),
  ]);
}
