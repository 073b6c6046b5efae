/**
 * Every limit of the protocol, unit last. A server announces the ones a client must keep in its
 * `welcome`; the numbers here are the defaults and the most that a v1 server may announce.
 */
export const limits = {
  /** Segments of a path: what is done for each of the subtrees that hold a change is bounded by it. */
  pathSegmentsMax: 64,
  /** One segment of a path, in UTF-8 bytes: what file systems and DNS-like tools can carry. */
  segmentBytesMax: 255,
  /** A whole path, in UTF-8 bytes. LMDB keys end at 1,978 bytes and need room for a revision. */
  pathBytesMax: 1024,
  /** One value, in UTF-8 bytes. */
  valueBytesMax: 1024 * 1024,
  /** The note of a commit, in UTF-8 bytes. */
  noteBytesMax: 1024,
  /** Names and labels that a client gives itself, request ids: in UTF-16 code units. */
  nameLengthMax: 128,
  labelsMax: 16,
  requestIdLengthMax: 64,
  /** JWTs are longer than tokens of Confer. */
  tokenLengthMax: 8192,
  /**
   * One frame from a client; what is longer comes in pieces. A library keeps a frame until it is whole, also that of
   * a peer who has not said who he is: so much each of them may cost.
   */
  frameBytesMax: 16 * 1024,
  /**
   * One message from a client: the largest value fits, with each of its bytes escaped as six. To read one
   * takes some ten milliseconds, in which nobody else is served.
   */
  messageBytesMax: 8 * 1024 * 1024,
  /** Its pieces: five times what it takes, as a list of nothings would have no end. */
  piecesMax: 8_192,
  /**
   * What one message may hold, because it is what reading one costs: commas and opening brackets outside of
   * strings, brackets within brackets, and fields that no message has.
   */
  frameTokensMax: 131_072,
  frameDepthMax: 32,
  frameForeignFieldsMax: 1_000,
  /** All messages of a commit that comes in parts. A whole import is one commit. */
  commitBytesMax: 32 * 1024 * 1024,
  /** Operations, and conditions, of one commit. */
  operationsMax: 100_000,
  /** Changes of one commit, where one operation removes a whole subtree. */
  changesMax: 100_000,
  /** Watches of one connection. */
  watchesMax: 10_000,
  /** Requests that a connection may have waiting for an answer. */
  requestsMax: 1_000,
  /** And their bytes. */
  waitingBytesMax: 64 * 1024 * 1024,
  /** Paths that one connection reports on, and why it refused what is there, in UTF-16 code units. */
  reportsMax: 100,
  reasonLengthMax: 300,
  /** Grants of one role, and as many denials. */
  grantsMax: 256,
  /** Roles of one token. */
  rolesOfTokenMax: 32,
  /** Roles and tokens of a store. */
  rolesMax: 1_000,
  tokensMax: 10_000,
  /** Items of one `list` page. */
  pageItemsMax: 10_000,
} as const;

/** Default times of the protocol. */
export const times = {
  /** The server beats this often; the client answers each beat. */
  heartbeatMs: 10_000,
  /** Either side gives the other up after this many silent heartbeats. */
  silentBeatsMax: 3,
  /** So long a message may take to come, as long as its bytes do. */
  frameBeatsMax: 12,
  /** A connection that has not said hello by then is closed. */
  helloTimeoutMs: 10_000,
} as const;

/** Those of transactions, apart from the others because pages do not load them. */
export const txnLimits = {
  /** Reads of one branch. */
  readsMax: 1_000,
  /** About the code units that they bring in one reply, all of them. */
  readLengthMax: 1024 * 1024,
} as const;
