import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../../faults/scene.ts';

const EXAMPLES = fileURLToPath(new URL('../../../deploy/proxies/', import.meta.url));

/** Where a proxy is, and what it passes on to. */
export interface ProxyPlace {
  readonly directory: string;
  /** Of its certificate. */
  readonly tlsDirectory: string;
  readonly port: number;
  readonly serverPort: number;
}

/** How a proxy is run that is to be found here. */
export interface ProxyKind {
  readonly name: string;
  readonly program: string | undefined;
  /** Makes its files of the example, with short times, and says how it is started. */
  configure(place: ProxyPlace): { readonly args: readonly string[]; readonly env?: object };
  /** Has it read its files again. */
  reload(child: ChildProcess, program: string, place: ProxyPlace): void;
}

const found = (...paths: readonly string[]) => paths.find(existsSync);

/** As it is in the repository, but for addresses; what takes a minute there takes a second. */
function example(file: string, { tlsDirectory, serverPort }: ProxyPlace): string {
  return readFileSync(join(EXAMPLES, file), 'utf8')
    .replaceAll('127.0.0.1:7480', `127.0.0.1:${serverPort}`)
    .replaceAll('/etc/confer/tls/', `${tlsDirectory}/`)
    .replaceAll('60s', '1s')
    .replaceAll('hard-stop-after 30s', 'hard-stop-after 1s')
    .replaceAll('maxconn 50000', 'maxconn 1000');
}

const nginx: ProxyKind = {
  name: 'nginx',
  program: found('/usr/sbin/nginx', '/usr/local/sbin/nginx', '/usr/bin/nginx'),
  configure(place) {
    const { directory, port } = place;
    const site = example('nginx.conf', place).replace('listen 443', `listen 127.0.0.1:${port}`);
    const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    const temporary = kinds.map((kind) => `${kind}_temp_path ${directory}/${kind};`).join('\n');
    const file = join(directory, 'nginx.conf');
    writeFileSync(
      file,
      `${process.getuid?.() === 0 ? 'user root;' : ''}
       daemon off; pid ${directory}/pid; error_log stderr; worker_shutdown_timeout 1s;
       events {} http { access_log off; ${temporary} ${site} }`,
    );
    return { args: ['-p', directory, '-e', 'stderr', '-c', file] };
  },
  reload: (child) => void child.kill('SIGHUP'),
};

const haproxy: ProxyKind = {
  name: 'HAProxy',
  program: found('/usr/sbin/haproxy', '/usr/local/sbin/haproxy', '/usr/bin/haproxy'),
  configure(place) {
    const { directory, port, tlsDirectory } = place;
    const pem = ['server.pem', 'server-key.pem'].map((name) =>
      readFileSync(join(tlsDirectory, name)),
    );
    writeFileSync(join(tlsDirectory, 'server-and-key.pem'), Buffer.concat(pem));
    const file = join(directory, 'haproxy.cfg');
    writeFileSync(
      file,
      example('haproxy.cfg', place).replace('bind :443', `bind 127.0.0.1:${port}`),
    );
    return { args: ['-W', '-f', file] };
  },
  reload: (child) => void child.kill('SIGUSR2'),
};

const caddy: ProxyKind = {
  name: 'Caddy',
  program: found('/usr/bin/caddy', '/usr/local/bin/caddy'),
  configure(place) {
    const { directory, port, tlsDirectory } = place;
    const files = `${tlsDirectory}/server.pem ${tlsDirectory}/server-key.pem`;
    const site = example('Caddyfile', place).replace(
      'config.example {',
      `https://localhost:${port} {\n\tbind 127.0.0.1\n\ttls ${files}`,
    );
    const file = join(directory, 'Caddyfile');
    writeFileSync(file, `{\n\tadmin unix/${directory}/admin.sock\n\tauto_https off\n}\n${site}`);
    const env = { XDG_DATA_HOME: directory, XDG_CONFIG_HOME: directory };
    return { args: ['run', '--config', file, '--adapter', 'caddyfile'], env };
  },
  reload(_, program, { directory }) {
    const config = ['--config', join(directory, 'Caddyfile'), '--adapter', 'caddyfile'];
    const at = ['--address', `unix/${directory}/admin.sock`, '--force'];
    const { status, stderr } = spawnSync(program, ['reload', ...config, ...at], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(stderr);
  },
};

export const PROXIES: readonly ProxyKind[] = [nginx, haproxy, caddy];

/** A real proxy in front of a server. */
export class ProxyProcess {
  readonly url: string;
  readonly #kind: ProxyKind;
  readonly #program: string;
  readonly #place: ProxyPlace;
  readonly #child: ChildProcess;
  #said = '';

  constructor(kind: ProxyKind, program: string, place: ProxyPlace) {
    this.#kind = kind;
    this.#program = program;
    this.#place = place;
    this.url = `https://localhost:${place.port}`;
    const { args, env = {} } = kind.configure(place);
    this.#child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, ...env },
    });
    for (const output of [this.#child.stdout, this.#child.stderr])
      output?.setEncoding('utf8').on('data', (text: string) => {
        this.#said += text;
      });
  }

  /** Resolves when it passes something on. */
  async ready(passesOn: () => Promise<boolean>): Promise<void> {
    await until('it passes something on', async () => {
      if (this.#child.exitCode !== null) throw new Error(this.#said);
      return passesOn();
    }).catch((error: unknown) => {
      throw new Error(`${this.#kind.name}: ${this.#said}`, { cause: error });
    });
  }

  reload(): void {
    this.#kind.reload(this.#child, this.#program, this.#place);
  }

  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('close', resolve));
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGTERM');
    await ended;
  }
}
