import { addressText, listenError } from './address.ts';
import type { TlsFiles } from './tls-files.ts';
import type { Library, TemplatedApp, us_listen_socket } from './uws-library.ts';

/**
 * The apps of a listener: one, and with TLS one more for each certificate that followed. An app cannot get another
 * certificate (the library's `addServerName` and `removeServerName` crash the process as soon as a connection that
 * came in by such a name is used), so a new app takes the port over and the old ones keep what they have.
 */
export class Apps {
  readonly #library: Library;
  readonly #host: string;
  readonly #newApp: (tls: TlsFiles | undefined) => TemplatedApp;
  /** The last one is the one that listens. */
  readonly #apps: TemplatedApp[] = [];
  /** The library frees a token that is closed: to close it twice would touch freed memory. */
  #token: us_listen_socket | undefined;
  #port = 0;

  constructor(library: Library, host: string, newApp: (tls: TlsFiles | undefined) => TemplatedApp) {
    this.#library = library;
    this.#host = host;
    this.#newApp = newApp;
  }

  /** Resolves to the port. */
  async open(tls: TlsFiles | undefined, port: number): Promise<number> {
    const app = this.#newApp(tls);
    this.#apps.push(app);
    this.#port = port;
    this.#listen(app);
    if (this.#token === undefined) throw await this.#problem();
    this.#port = this.#library.us_socket_local_port(this.#token);
    // A port that the system chose cannot be taken again while it has connections; one that was named can.
    if (port === 0 && tls !== undefined) {
      this.stopListening();
      this.#listen(app);
      if (this.#token === undefined) throw await this.#problem();
    }
    return this.#port;
  }

  /** Nobody connects in between: all of it is one turn. */
  renew(tls: TlsFiles): void {
    const app = this.#newApp(tls);
    this.stopListening();
    this.#listen(app);
    if (this.#token !== undefined) {
      this.#apps.push(app);
      return;
    }
    const last = this.#apps.at(-1);
    if (last !== undefined) this.#listen(last);
    throw new Error('the port could not be taken over');
  }

  stopListening(): void {
    if (this.#token !== undefined) this.#library.us_listen_socket_close(this.#token);
    this.#token = undefined;
  }

  close(): void {
    for (const app of this.#apps) app.close();
  }

  /** Alone on the port: by default the library shares it, and each server gets some connections. */
  #listen(app: TemplatedApp): void {
    app.listen(this.#host, this.#port, this.#library.LIBUS_LISTEN_EXCLUSIVE_PORT, (token) => {
      this.#token = token === false ? undefined : token;
    });
  }

  async #problem(): Promise<Error> {
    const error = await listenError(this.#host, this.#port);
    return error ?? new Error(`could not listen on ${addressText(this.#host, this.#port)}`);
  }
}
