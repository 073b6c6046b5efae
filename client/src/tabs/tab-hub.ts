import { readFrame } from './frame.ts';
import type { Port } from './port.ts';
import { SharedConnection, type WorkerPlatform } from './shared-connection.ts';
import { Tab, type TabParts } from './tab.ts';

/** The connections of all tabs that one worker serves. */
export class TabHub {
  readonly #platform: WorkerPlatform;
  readonly #parts: TabParts;
  readonly #connections = new Set<SharedConnection>();

  constructor(platform: WorkerPlatform & Pick<TabParts, 'whenFree'>) {
    this.#platform = platform;
    this.#parts = {
      whenFree: platform.whenFree,
      join: (tab, url, hello) => this.#join(tab, url, hello),
    };
  }

  /** Serves what a tab sends over a port, until that is closed. */
  accept(port: Port): void {
    new Tab(port, this.#parts);
  }

  #join(tab: Tab, url: string, text: string): SharedConnection | undefined {
    const hello = readFrame(text);
    if (hello?.type !== 'hello') return undefined;
    const known = [...this.#connections].find((each) => each.fits(url, hello));
    if (known !== undefined) {
      known.join(tab);
      return known;
    }
    const connection: SharedConnection = new SharedConnection(url, hello, this.#platform, () =>
      this.#connections.delete(connection),
    );
    this.#connections.add(connection);
    connection.join(tab);
    return connection;
  }
}
