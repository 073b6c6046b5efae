import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** A page of an application: its bundle, under a policy that allows nothing but its scripts and its server. */
export class WebApp {
  readonly url: string;
  readonly #http: Server;

  private constructor(http: Server, url: string) {
    this.#http = http;
    this.url = url;
  }

  /** `files` are the scripts by their address; `body` is what a server has rendered, and `connectTo` where to. */
  static async serve(
    files: ReadonlyMap<string, string>,
    connectTo: string,
    body = '',
  ): Promise<WebApp> {
    const policy = `default-src 'none'; script-src 'self'; worker-src 'self'; connect-src ${connectTo}`;
    const http = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://page');
      const script = files.get(pathname);
      response.setHeader('content-security-policy', policy);
      response.setHeader('content-type', script === undefined ? 'text/html' : 'text/javascript');
      if (pathname === '/') response.end(`${HEAD}${body}`);
      else if (script !== undefined) response.end(script);
      else response.writeHead(404).end();
    });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const address = http.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    return new WebApp(http, `http://127.0.0.1:${port}/`);
  }

  close(): void {
    this.#http.closeAllConnections();
    this.#http.close();
  }
}

const HEAD = '<!doctype html><meta charset="utf-8"><script type="module" src="/page.js"></script>';

/** Bundles a script beside the tests as an application does, over what the packages offer to browsers. */
export async function bundlePage(script: URL): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(script)],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"development"' },
    logLevel: 'warning',
  });
  return outputFiles[0]?.text ?? '';
}
