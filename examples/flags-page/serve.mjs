/**
 * Serves a page with live flags, under a policy that allows scripts of its own alone:
 *
 *     node examples/flags-page/serve.mjs
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

const { CONFER_URL = 'http://127.0.0.1:7480', PORT = '8081' } = process.env;

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
/** What the package has for pages; a bundler would find it by itself. */
const client = (name) => fileURLToPath(new URL(name, import.meta.resolve('@confer/client')));

const files = {
  '/': ['text/html', here('index.html')],
  '/page.js': ['text/javascript', here('page.js')],
  '/page.css': ['text/css', here('page.css')],
  '/browser.bundle.js': ['text/javascript', client('browser.bundle.js')],
  '/snapshot.bundle.js': ['text/javascript', client('snapshot.bundle.js')],
};
const policy = `default-src 'none'; script-src 'self'; style-src 'self'; connect-src ${CONFER_URL.replace(/^http/, 'ws')}`;

const http = createServer(({ url }, response) => {
  const path = new URL(url, 'http://page').pathname;
  if (!Object.hasOwn(files, path)) return response.writeHead(404).end();
  const [type, file] = files[path];
  response.setHeader('content-type', `${type}; charset=utf-8`);
  response.setHeader('content-security-policy', policy);
  response.end(readFileSync(file, 'utf8').replaceAll('{{CONFER_URL}}', CONFER_URL));
});
http.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`open http://127.0.0.1:${http.address().port}`);
});
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => {
    http.close();
    http.closeAllConnections();
  });
