/** A file of the write-ahead log: on a disk, or in a model of one. */
export interface LogFile {
  /** All that is in it, or so many bytes of its beginning. */
  read(bytesMax?: number): Promise<Buffer>;

  /** Resolves once it is on the disk. Rejects with the error of the system; part of it may then be in the file. */
  write(bytes: Buffer, position: number): Promise<void>;

  /**
   * Makes sure that nothing is beyond a length, whatever a write left there that failed. It needs no room.
   * Rejects with the error of the system: nobody knows then.
   */
  cut(bytes: number): Promise<void>;

  close(): Promise<void>;
}

/** Opens a file of the log. Rejects where it is not there, unless it is to be made. */
export type OpenLogFile = (path: string, make: boolean) => Promise<LogFile>;
