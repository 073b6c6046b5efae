/**
 * Every limit of the protocol, unit last. A server announces the ones a client must keep in its
 * `welcome`; the numbers here are the defaults and the most that a v1 server may announce.
 */
export const limits = {
  /** One segment of a path, in UTF-8 bytes: what file systems and DNS-like tools can carry. */
  segmentBytesMax: 255,
  /** A whole path, in UTF-8 bytes. LMDB keys end at 1,978 bytes and need room for a revision. */
  pathBytesMax: 1024,
  /** One value, in UTF-8 bytes. */
  valueBytesMax: 1024 * 1024,
  /** The note of a commit, in UTF-8 bytes. */
  noteBytesMax: 1024,
  /** Names and labels that a client gives itself, request ids, tokens: in UTF-16 code units. */
  nameLengthMax: 128,
  labelsMax: 16,
  requestIdLengthMax: 64,
  tokenLengthMax: 4096,
  /** One frame from a client. A whole import travels as one commit, so this bounds an import. */
  frameBytesMax: 32 * 1024 * 1024,
  /** A frame before `welcome`: nobody has said who they are yet. */
  helloBytesMax: 16 * 1024,
  /** Operations, and conditions, of one commit. */
  operationsMax: 100_000,
  /** Changes of one commit, where one operation removes a whole subtree. */
  changesMax: 100_000,
  /** Watches of one connection. */
  watchesMax: 10_000,
  /** Requests that a connection may have waiting for an answer. */
  requestsMax: 1_000,
  /** Items of one `list` page. */
  pageItemsMax: 10_000,
} as const;

/** Default times of the protocol. */
export const times = {
  /** The server beats this often; the client answers each beat. */
  heartbeatMs: 10_000,
  /** Either side gives the other up after this many silent heartbeats. */
  silentBeatsMax: 3,
  /** A connection that has not said hello by then is closed. */
  helloTimeoutMs: 10_000,
} as const;
