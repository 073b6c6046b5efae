/** The longest that `close` waits; sockets give up on the other side before that. */
export const CLOSE_MS_MAX = 3_000;

/** A server that stops may spread its clients over this long; more would be a mistake. */
export const GOODBYE_MS_MAX = 60_000;

/**
 * How long a connection that is of use has to be up before it ends the backoff. A server that welcomes,
 * serves and dies, again and again, would otherwise be asked for everything several times a second.
 */
export const LASTING_MS = 5_000;

/** It may quote what a function of the user threw. */
export const REASON_LENGTH_MAX = 200;
