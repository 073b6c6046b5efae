/** How an event came out. `allowed`: it was let through, and what became of it is not known here. */
export type AuditOutcome = 'allowed' | 'denied' | 'done' | 'failed';

/**
 * Who an event is of, and from where. One object for as long as that stays the same: its text is made once
 * for each, so whoever makes a new one for every event pays for it.
 */
export interface AuditActor {
  /** Missing before somebody has logged in. */
  readonly principal?: string;
  /** Which token it was, by its public name; never its secret. */
  readonly tokenId?: string;
  readonly kind: 'token' | 'jwt' | 'local' | 'bootstrap' | 'server' | 'unknown';
  /** What the client calls itself, which anybody can make up. */
  readonly client?: { readonly name: string; readonly version?: string };
  readonly address?: string;
  /** The proxy that named the address, where one did. */
  readonly proxied?: string;
  readonly session?: string;
  readonly transport?: string;
}

interface Said {
  readonly outcome: AuditOutcome;
  /** The rule that decided, or why it failed. */
  readonly reason: string;
  readonly who: AuditActor;
  readonly note?: string;
}

interface Request {
  readonly requestId?: string;
  /** What of the client it was a part of, for those who trace. */
  readonly traceparent?: string;
  readonly durationMs?: number;
}

interface OfPaths {
  /** The first twenty are written down. */
  readonly paths: readonly string[];
  /** How many there are, where not all of them are given. */
  readonly pathCount?: number;
}

/** What is written down. Values of entries and secrets are in none of it. */
export type AuditEvent =
  | (Said & { readonly event: 'start' | 'stop' | 'reload' })
  | (Said & { readonly event: 'login'; readonly durationMs?: number })
  /** Many of one address become one line a minute. */
  | (Said & { readonly event: 'loginFailed' })
  | (Said & Request & OfPaths & { readonly event: 'denied' })
  | (Said & Request & OfPaths & { readonly event: 'commit'; readonly revision?: number })
  | (Said & Request & OfPaths & { readonly event: 'read' })
  | (Said & Request & OfPaths & { readonly event: 'authChanged'; readonly revision?: number })
  | (Said & Request & { readonly event: 'compact'; readonly revision: number });

/**
 * What the audit says about itself: `lost`: events that could not be written; `cut`: a last line that was not whole,
 * of a process that died; `rotated`: the last line of a file, with the name of the next one; `removed`: files that
 * were old enough.
 */
export type OwnEvent =
  | { readonly event: 'lost'; readonly count: number }
  | { readonly event: 'cut'; readonly bytes: number }
  | { readonly event: 'rotated'; readonly next: string }
  | { readonly event: 'removed'; readonly files: number; readonly through: AuditLink };

/** A line that stands for all before it: it, or the last link before it, holds their sum. */
export interface AuditLink {
  readonly seq: number;
  /** SHA-256, in hex, of all lines from the last link on, up to this one: most often of this one alone. */
  readonly hash: string;
}

/** The last line there was at some time. Kept elsewhere, it contradicts a file that was cut or rewritten. */
export interface AuditHead extends AuditLink {
  readonly file: string;
}

/** Every kind of line. */
export const auditEventKinds = [
  'start',
  'stop',
  'reload',
  'login',
  'loginFailed',
  'denied',
  'commit',
  'read',
  'authChanged',
  'compact',
  'lost',
  'cut',
  'rotated',
  'removed',
] as const satisfies readonly (AuditEvent | OwnEvent)['event'][];
