import type { Clock, Timer } from '@confer/shared';
import { StartError } from './errors.ts';
import type { Log } from './log.ts';
import {
  type Certificate,
  CertificateError,
  readCertificate,
  type TlsOptions,
} from './tls/certificate.ts';
import { type Gate, hostKey, hostName, isLoopback } from './transport/gate.ts';
import { type Networks, networksOf } from './transport/networks.ts';

/** Who may come to a server over the network, and how. */
export interface DoorOptions {
  /** The certificate and the key to serve https and wss with. Read again when they change. */
  readonly tls?: TlsOptions;
  /** Web origins whose pages may connect, beside the server's own: `https://console.example`. */
  readonly allowOrigins?: readonly string[];
  /** Names by which the server is reached, beside the address: `config.example`, `config.example:8443`. */
  readonly publicHosts?: readonly string[];
  /**
   * Networks of the proxies in front of it (`10.0.0.0/8`), which have TLS in its place and say in `X-Forwarded-For`
   * whose request it is. Nobody else is believed that.
   */
  readonly trustedProxies?: readonly string[];
  /** Serve addresses beyond this machine although the network can be read, or nobody is authenticated. */
  readonly insecure?: boolean;
}

export interface DoorAt extends DoorOptions {
  readonly host: string;
  readonly isAuthOn: boolean;
}

/** Who may come in, which can change while the door is open. */
export class LiveGate implements Gate {
  #now: Gate;

  constructor(now: Gate) {
    this.#now = now;
  }

  get origins(): Gate['origins'] {
    return this.#now.origins;
  }

  get publicHosts(): Gate['publicHosts'] {
    return this.#now.publicHosts;
  }

  get takesLoopbackPages(): boolean {
    return this.#now.takesLoopbackPages;
  }

  get trustedProxies(): Networks {
    return this.#now.trustedProxies;
  }

  become(next: Gate): void {
    this.#now = next;
  }
}

/** A door that may be opened. */
export interface Door {
  readonly gate: LiveGate;
  readonly certificate: Certificate | undefined;
  /** What a server beyond this machine should have, and was told to do without. */
  readonly lacks: readonly string[];
}

/**
 * Looks whether a server may be reached there and by whom.
 * @throws {StartError} where it is open to strangers and nobody said so, or an option makes no sense.
 */
export async function doorOf(at: DoorAt, now: number): Promise<Door> {
  const lacks = requireSafe(at);
  const gate = new LiveGate(gateOf(at));
  return { gate, lacks, certificate: at.tls && (await certificateOf(at.tls, now)) };
}

/**
 * Whom a server lets in.
 * @throws {StartError} where an option makes no sense.
 */
export function gateOf(at: DoorAt): Gate {
  return {
    trustedProxies: trustedNetworks(at.trustedProxies ?? []),
    origins: new Set((at.allowOrigins ?? []).map(originOf)),
    publicHosts: new Set((at.publicHosts ?? []).map(publicHostOf)),
    // safeguard: pages-of-this-machine-only-without-authentication
    takesLoopbackPages: !at.isAuthOn && isLoopback(at.host),
  };
}

/**
 * What a server beyond this machine lacks although somebody said that it may.
 * @throws {StartError} where nobody did.
 */
export function requireSafe(at: DoorAt): readonly string[] {
  const lacks = isLoopback(at.host) ? [] : lacking(at);
  // safeguard: no-stranger-comes-unawares
  if (lacks.length > 0 && at.insecure !== true)
    throw new StartError(
      'refused',
      `${at.host} can be reached from other machines, and ${lacks.join(', and ')}; or listen on 127.0.0.1, or pass --insecure if the network is yours alone`,
    );
  return lacks;
}

function lacking({ isAuthOn, tls, trustedProxies = [] }: DoorAt): string[] {
  const lacks: string[] = [];
  // safeguard: network-needs-authentication
  if (!isAuthOn) lacks.push('nobody is authenticated: pass --auth on');
  // safeguard: network-needs-tls
  if (tls === undefined && trustedProxies.length === 0)
    lacks.push(
      'everybody on the way can read and change what passes: pass --tls-cert and --tls-key, or --trusted-proxy with the network of the proxy that has TLS',
    );
  return lacks;
}

const HOUR_MS = 60 * 60_000;

/** Says what `--insecure` means, now and each hour. */
export class InsecureReminder {
  readonly #clock: Clock;
  readonly #say: () => void;
  #timer: Timer | undefined;

  constructor(host: string, lacks: readonly string[], clock: Clock, log: Log) {
    this.#clock = clock;
    const text = `--insecure: ${host} can be reached from other machines, and ${lacks.join(', and ')}`;
    this.#say = () => log('warn', text);
    if (lacks.length > 0) this.#remind();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #remind(): void {
    this.#say();
    this.#timer = this.#clock.setTimer(HOUR_MS, () => this.#remind());
  }
}

async function certificateOf(tls: TlsOptions, now: number): Promise<Certificate> {
  try {
    return await readCertificate(tls, now);
  } catch (error) {
    if (error instanceof CertificateError) throw new StartError('invalid', error.message, error);
    throw error;
  }
}

function trustedNetworks(texts: readonly string[]): Networks {
  const parsed = networksOf(texts);
  if ('networks' in parsed) return parsed.networks;
  throw new StartError(
    'invalid',
    `--trusted-proxy ${parsed.wrong} is no network; one looks like 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32`,
  );
}

/** The origin as browsers send it, of a URL that may have a slash at its end. */
function originOf(text: string): string {
  if (URL.canParse(text)) {
    const { protocol, origin, pathname, search, hash } = new URL(text);
    const isBare = pathname === '/' && search === '' && hash === '';
    if (/^https?:$/.test(protocol) && isBare) return origin;
  }
  throw new StartError(
    'invalid',
    `--allow-origin ${text} is no origin; one looks like https://console.example or http://localhost:3000`,
  );
}

function publicHostOf(text: string): string {
  const named = hostName(text);
  if (named !== undefined) return hostKey(named);
  throw new StartError(
    'invalid',
    `--public-host ${text} is no host; one looks like config.example or config.example:8443`,
  );
}
