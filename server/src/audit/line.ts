import { sha256 } from '../sha256.ts';
import type { AuditActor, AuditEvent, AuditLink, OwnEvent } from './events.ts';
import type { LoginFailureRow } from './login-failures.ts';

const PATHS_MAX = 20;
/** Longer texts are cut: twenty paths and all names fit into a line with each of their bytes written as six. */
const TEXT_LENGTH_MAX = 2_048;
/** What `prev` of the very first line says. */
export const BEGIN: AuditLink = { seq: 0, hash: 'begin' };

/** Nearly every text there is: nothing in it has to be escaped. */
const PLAIN = /^[ !#-[\]-~]*$/;
/**
 * What JSON leaves as it is and a terminal obeys, or takes for the end of a line. C0 is escaped by JSON
 * itself, so a line is always one line.
 */
const UNSEEN = /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

/**
 * Tokens that somebody wrote where they have no place, as a note or a name: ours, of which the id stays, and those that
 * others have signed. Looked for only in texts that have their beginning: there are tens of thousands of texts a second.
 */
const TOKENS = /(cfr_[0-9A-Za-z]{12}_)[0-9A-Za-z]+|(eyJ)[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g;

type Recorded = Exclude<AuditEvent, { event: 'loginFailed' }>;

/** What some kinds of events have. */
interface MaybeSaid {
  readonly requestId?: string;
  readonly traceparent?: string;
  readonly revision?: number;
  readonly paths?: readonly string[];
  readonly pathCount?: number;
  readonly note?: string;
  readonly durationMs?: number;
}

/** The text of an actor, and of what it did last. */
interface KnownActor {
  readonly actor: string;
  event: string;
  outcome: string;
  reason: string;
  text: string;
}

/**
 * Writes the part of a line that does not depend on its place. All that a line costs is here and in `LinePlacer`, at
 * tens of thousands of events a second: so the text of the actor is made once, and nothing is built to be
 * serialized.
 */
export class LineWriter {
  readonly #actors = new WeakMap<AuditActor, KnownActor>();
  readonly #gateway: string;
  #timeMs = Number.NaN;
  #start = '';

  constructor(gateway: string) {
    this.#gateway = `","gateway":${quote(gateway)},"event":"`;
  }

  event(event: Recorded, timeMs: number): string {
    const { requestId, traceparent, revision, paths, pathCount, note, durationMs }: MaybeSaid =
      event;
    let text = this.#startOf(timeMs) + this.#known(event);
    if (requestId !== undefined) text += `,"requestId":${quote(requestId)}`;
    if (traceparent !== undefined) text += `,"traceparent":${quote(traceparent)}`;
    if (revision !== undefined) text += `,"revision":${revision}`;
    if (paths !== undefined) text += pathsText(paths, pathCount);
    if (note !== undefined) text += `,"note":${quote(note)}`;
    if (durationMs !== undefined) text += `,"durationMs":${durationMs}`;
    return text;
  }

  /** Failed logins of one address within a minute. */
  loginFailed({ who, count, reasons, firstAt }: LoginFailureRow, timeMs: number): string {
    const since = new Date(firstAt).toISOString();
    const start = `${this.#startOf(timeMs)}loginFailed${said('denied', reasons)}${actorText(who)}`;
    return `${start},"count":${count},"since":"${since}"`;
  }

  own(event: OwnEvent, timeMs: number): string {
    const { event: name, ...fields } = event;
    const more = JSON.stringify(fields).slice(1, -1);
    return `${this.#startOf(timeMs)}${name}","outcome":"done","kind":"server",${more}`;
  }

  /** Most events of a turn share its time. */
  #startOf(timeMs: number): string {
    if (timeMs !== this.#timeMs) {
      this.#timeMs = timeMs;
      this.#start = `,"time":"${new Date(timeMs).toISOString()}${this.#gateway}`;
    }
    return this.#start;
  }

  /** Most of what somebody does is of one kind, and let through by one rule. */
  #known({ event, outcome, reason, who }: Recorded): string {
    let known = this.#actors.get(who);
    if (known === undefined) {
      known = { actor: actorText(who), event: '', outcome: '', reason: '', text: '' };
      this.#actors.set(who, known);
    }
    if (known.event !== event || known.outcome !== outcome || known.reason !== reason) {
      const text = `${event}${said(outcome, reason)}${known.actor}`;
      Object.assign(known, { event, outcome, reason, text });
    }
    return known.text;
  }
}

/** Of one code unit of a text. */
const UTF8_BYTES_MAX = 3;
/** What a line has beside its body: its number, a sum, and what is around them. */
const PLACE_BYTES_MAX = 128;

/**
 * Puts lines in their place, each with a number. The first and the last of those that are written together are links:
 * they carry the sum of all from the link before them on (`Chain` reads it). So a sum costs as much for many lines as
 * for one, and still nothing but the last line is there that no other one vouches for.
 *
 * The bytes lie in one buffer, which the next ones overwrite: to get a large one costs more than what is in it.
 */
export class LinePlacer {
  #buffer = Buffer.alloc(0);

  place(
    bodies: readonly string[],
    after: AuditLink,
  ): { readonly bytes: Uint8Array; readonly link: AuditLink } {
    const lengthMax = bodies.reduce((sum, { length }) => sum + length * UTF8_BYTES_MAX, 0);
    const sizeMax = lengthMax + bodies.length * PLACE_BYTES_MAX;
    if (this.#buffer.length < sizeMax) this.#buffer = Buffer.allocUnsafeSlow(2 * sizeMax);
    const bytes = this.#buffer;
    const last = bodies.length - 1;
    let { seq, hash } = after;
    let size = 0;
    let linkAt = 0;
    for (let i = 0; i <= last; i++) {
      if (i > 0 && i === last) {
        // Without the end of its last line.
        // safeguard: last-line-vouches-for-the-others
        hash = sha256(bytes.subarray(0, size - 1));
        linkAt = size;
      }
      const prev = i === 0 || i === last ? `,"prev":"${hash}"` : '';
      size += bytes.write(`{"seq":${++seq}${bodies[i]}${prev}}\n`, size);
    }
    // safeguard: line-vouches-for-those-before-it
    hash = sha256(bytes.subarray(linkAt, size - 1));
    return { bytes: bytes.subarray(0, size), link: { seq, hash } };
  }
}

function actorText(who: AuditActor): string {
  const { principal, tokenId, kind, client, address, proxied, session, transport } = who;
  const version = client === undefined ? '' : optional(',"version":', client.version);
  const clientText =
    client === undefined ? '' : `,"client":{"name":${quote(client.name)}${version}}`;
  return (
    optional(',"principal":', principal) +
    optional(',"tokenId":', tokenId) +
    `,"kind":"${kind}"${clientText}` +
    optional(',"address":', address) +
    optional(',"proxied":', proxied) +
    optional(',"session":', session) +
    optional(',"transport":', transport)
  );
}

function said(outcome: string, reason: string): string {
  return `","outcome":"${outcome}","reason":${quote(reason)}`;
}

function pathsText(paths: readonly string[], pathCount = paths.length): string {
  let text = '';
  for (const path of paths.length > PATHS_MAX ? paths.slice(0, PATHS_MAX) : paths)
    text += text === '' ? quote(path) : `,${quote(path)}`;
  return `,"paths":[${text}],"pathCount":${pathCount}`;
}

function optional(name: string, text: string | undefined): string {
  return text === undefined ? '' : name + quote(text);
}

function quote(text: string): string {
  // safeguard: texts-of-a-line-are-bounded
  if (text.length > TEXT_LENGTH_MAX) return quote(`${text.slice(0, TEXT_LENGTH_MAX - 1)}…`);
  // safeguard: lines-have-no-tokens
  if (text.includes('cfr_') || text.includes('eyJ'))
    return quoteAny(text.replace(TOKENS, '$1$2(hidden)'));
  return quoteAny(text);
}

function quoteAny(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  // safeguard: line-is-one-line
  return JSON.stringify(text).replace(
    UNSEEN,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
