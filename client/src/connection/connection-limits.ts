/** The bounds of a connection. */
export const bounds = {
  /** The longest that `close` waits; sockets give up on the other side before that. */
  closeMs: 3_000,
  /** A server that stops may spread its clients over this long; more would be a mistake. */
  goodbyeMs: 60_000,
  /**
   * How long a connection that is of use has to be up before it ends the backoff. A server that welcomes,
   * serves and dies, again and again, would otherwise be asked for everything several times a second.
   */
  lastingMs: 5_000,
  /** A reason may quote what a function of the user threw. */
  reasonLength: 200,
} as const;
