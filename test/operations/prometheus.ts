import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { freePort } from '../support/process.ts';
import { rulesText } from './queries.ts';

const FOLDER = process.env.CONFER_TEST_PROMETHEUS;
const env = {
  ...process.env,
  PATH: `${FOLDER === undefined ? '' : `${FOLDER}${delimiter}`}${process.env.PATH ?? ''}`,
};

function isHere(name: string): boolean {
  return spawnSync(name, ['--version'], { env, stdio: 'ignore' }).status === 0;
}

/** Whether Prometheus and its tool can run here: in the PATH, or the folder that `CONFER_TEST_PROMETHEUS` names. */
export const isPrometheusHere = isHere('prometheus') && isHere('promtool');

/** What `promtool` says of a text; empty where it has nothing to say. */
export function promtool(args: readonly string[], stdin = ''): string {
  const { stdout, stderr, status } = spawnSync('promtool', args, { env, input: stdin });
  return status === 0 ? stderr.toString() : `${stdout.toString()}${stderr.toString()}`;
}

/** A server to be scraped. */
export interface Target {
  readonly url: string;
  readonly caFile?: string;
  readonly tokenFile?: string;
}

/** What the API of Prometheus says, as far as it is asked for. */
interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data?: {
    readonly alerts?: readonly {
      readonly state: string;
      readonly labels: Readonly<Record<string, string>>;
    }[];
    readonly result?: readonly unknown[];
  };
}

/** The rules as they are, but a second long where they wait for a minute. */
function hurried(): string {
  return rulesText().replaceAll(/\b(\d+)m\b/g, '$1s');
}

/** A Prometheus of its own, that looks twice a second. */
export class Prometheus {
  readonly #child: ChildProcess;
  readonly #url: string;
  #said = '';

  private constructor(directory: string, port: number) {
    this.#url = `http://127.0.0.1:${port}`;
    this.#child = spawn(
      'prometheus',
      [
        `--config.file=${join(directory, 'prometheus.yaml')}`,
        `--storage.tsdb.path=${join(directory, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { env, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.#child.stderr?.on('data', (text: Buffer) => {
      this.#said = (this.#said + text.toString()).slice(-4_000);
    });
  }

  static async start(directory: string, targets: readonly Target[]): Promise<Prometheus> {
    writeFileSync(join(directory, 'rules.yaml'), hurried());
    writeFileSync(join(directory, 'prometheus.yaml'), JSON.stringify(configOf(targets)));
    const prometheus = new Prometheus(directory, await freePort());
    for (let tries = 0; !(await prometheus.#isReady()); tries++) {
      if (tries > 100) throw new Error(`Prometheus does not start: ${prometheus.#said}`);
      await new Promise((resume) => setTimeout(resume, 100));
    }
    return prometheus;
  }

  /** The alerts of a server that are raised now. */
  async raised({ url }: Target): Promise<readonly string[]> {
    const { data } = await this.#get('/api/v1/alerts');
    return (data?.alerts ?? [])
      .filter(({ state, labels }) => state === 'firing' && labels.instance === new URL(url).host)
      .map(({ labels }) => labels.alertname ?? '');
  }

  /** What a query comes to: so many series. Throws where it is none. */
  async ask(query: string): Promise<number> {
    const answer = await this.#get(`/api/v1/query?query=${encodeURIComponent(query)}`);
    if (answer.status !== 'success') throw new Error(`${query}: ${answer.error}`);
    return answer.data?.result?.length ?? 0;
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#child.once('close', () => resolve());
      this.#child.kill('SIGKILL');
    });
  }

  async #isReady(): Promise<boolean> {
    const answer = await fetch(`${this.#url}/-/ready`).catch(() => undefined);
    return answer?.ok === true;
  }

  async #get(path: string): Promise<Answer> {
    return JSON.parse(await (await fetch(`${this.#url}${path}`)).text());
  }
}

function configOf(targets: readonly Target[]) {
  return {
    global: { scrape_interval: '500ms', scrape_timeout: '450ms', evaluation_interval: '500ms' },
    rule_files: ['rules.yaml'],
    scrape_configs: targets.map(({ url, caFile, tokenFile }, i) => ({
      job_name: `confer-${i}`,
      scheme: new URL(url).protocol.replace(':', ''),
      static_configs: [{ targets: [new URL(url).host] }],
      relabel_configs: [{ target_label: 'job', replacement: 'confer' }],
      ...(caFile === undefined ? {} : { tls_config: { ca_file: caFile } }),
      ...(tokenFile === undefined ? {} : { authorization: { credentials_file: tokenFile } }),
    })),
  };
}
