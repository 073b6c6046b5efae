/** A program that can be started for a measurement. */
export interface Peer {
  readonly name: string;
  /** The program, or its path; looked for in PATH and in the system's own directories. */
  readonly program: string;
  /** What makes it say its version. */
  readonly versionArgs: readonly string[];
  /** What installs it, where it may be missing. */
  readonly install?: string;
  /** Arguments for a server on loopback that keeps its data in `directory`. */
  command(port: number, directory: string): Command;
}

export interface Command {
  readonly args: readonly string[];
}
