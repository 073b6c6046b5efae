import type { ClientErrorCode } from '@confer/client';
import type { ErrorCode } from '@confer/shared';

/** What to do about each error of the protocol. What it means is said with the protocol. */
export const adviceOf: Readonly<Record<ErrorCode, string>> = {
  invalid_message: 'this client and the server do not fit together: update the older one',
  unknown_type: 'the server is older than this client: update the server, or do without',
  invalid_path: 'mend the path: "confer help paths" has the rules',
  reserved_path: 'take another path: nobody but the server writes below .confer',
  invalid_value: 'a value is text: encode binary data first, for example with base64',
  too_large:
    'split it; a value has at most 1 MiB: what is larger belongs elsewhere, with its address here',
  overlapping_writes:
    'write each path once in a branch; a subtree that goes takes all below it along',
  results_compacted:
    'it is done, so do not send it again; read what is there now, and "serve --keep-age" keeps history for longer',
  conflict: 'read what is there now, and decide again',
  future_revision: 'ask for a revision that has happened: "confer status" names the newest one',
  compacted: 'begin again with what is there now; "serve --keep-age" keeps history for longer',
  unknown_watch: 'a bug in the client: please report it',
  too_many_watches: 'watch a larger subtree once rather than many small ones',
  lease_not_found: 'grant another one: what went with it is gone, and may be of somebody else now',
  too_many_leases:
    'revoke what nobody uses (confer lease ls), or let one lease hold several entries',
  too_many_reports: 'report on a larger subtree once rather than on many small ones',
  storage_full: 'make room on the disk of the server, which then goes on by itself',
  unavailable: 'wait and try again; "confer doctor" and the log of the server say what is wrong',
  outcome_unknown:
    'read what is there now before writing again; then look at the disk of the server',
  damaged:
    'stop the server and look with "confer verify --data DIR"; docs/storage.md goes on from there',
  internal: 'please report it, with the log of the server',
  bad_message:
    'what talks to the server is no client of Confer, or a broken one; look for a proxy that changes frames',
  unauthenticated: 'bring a token along: --token-file FILE, CONFER_TOKEN, or a context with one',
  forbidden:
    '"confer whoami" says what you may do; "confer auth check NAME VERB PATH" says which rule decides',
  version_unsupported: 'update the client or the server, whichever is older',
  token_expired: 'get a new one: "confer token rotate NAME", by somebody who may',
  rate_limited: 'mend the token of whoever keeps failing from this address, and wait a minute',
  silent:
    'look for what holds traffic back on the way: a proxy with a timeout, a firewall, a machine that sleeps',
  frame_too_large: 'write less at once: a commit may come in parts, a value has at most 1 MiB',
  too_many_requests: 'wait for answers before asking more on one connection',
  shutting_down: 'nothing: the client comes back by itself',
};

interface Explained {
  readonly meaning: string;
  readonly advice: string;
}

/** Errors that no server reported. */
export const clientCodes: Readonly<Record<ClientErrorCode, Explained>> = {
  timeout: {
    meaning: 'no answer came in time; a write may have happened, or not',
    advice:
      'look whether it happened; --timeout waits for longer; "confer doctor" says what is slow',
  },
  aborted: { meaning: 'whoever asked gave up waiting', advice: 'nothing' },
  closed: {
    meaning: 'the client was closed while something waited for an answer',
    advice: 'in a program: close it after the last answer',
  },
  not_ready: {
    meaning: 'a configuration was read before there was anything of it',
    advice: 'in a program: wait for ready(), or give it defaults',
  },
  rejected: {
    meaning: 'the schema of a program refused what is there; it goes on with the last good state',
    advice: 'mend the value that the message names; "confer subscribers" shows who refused what',
  },
  lease_lost: {
    meaning:
      'a lease, or a lock by it, is held no more, or may be over any moment: it was not kept alive in time',
    advice:
      'end what was done by its right, and take another; a longer TTL outlives longer outages',
  },
  lock_held: {
    meaning: 'somebody else holds a lock, or leads, and did not let go in the time that there was',
    advice: 'wait for longer; "confer lock NAME --show" says who holds it',
  },
  snapshot_unusable: {
    meaning: 'what a program kept on its machine is damaged or too old, or could not be kept',
    advice: 'look at the file that the message names: room, rights, its age; it may be removed',
  },
  override_unusable: {
    meaning: 'the override file of a machine is damaged or cannot be read',
    advice: 'mend the file: a JSON object whose keys are paths; until then nothing of it changes',
  },
  invalid_argument: {
    meaning: 'the client was given something that it cannot work with',
    advice: 'the message says which argument, and what it should be',
  },
  tls_failed: {
    meaning: 'one of both ends does not trust the certificate of the other',
    advice:
      '"confer doctor" shows the certificate; --ca names its authority, --cert and --key show your own',
  },
};

/** Errors of commands. A test looks that each one in the source is here. */
export const commandCodes: Readonly<Record<string, Explained>> = {
  usage: {
    meaning: 'the command line is not one that the command takes',
    advice: '"confer help COMMAND" shows how',
  },
  not_found: {
    meaning: 'there is nothing at the path',
    advice: '"confer ls" and "confer tree" show what there is',
  },
  declined: { meaning: 'you were asked, and did not say yes', advice: 'nothing; nothing was done' },
  denied: {
    meaning: 'auth check was asked whether something may be done, and it may not',
    advice: 'the answer names the rule that decides; "confer role set" changes it',
  },
  differs: {
    meaning: 'apply --dry-run found that the server is not as the files say',
    advice: '"confer apply" without --dry-run brings it there',
  },
  unhealthy: {
    meaning: 'doctor found something that does not work',
    advice: 'the lines that begin with FAIL say what to do',
  },
  empty_source: {
    meaning:
      'a file or a directory says nothing, and to prune by it would remove everything it is for',
    advice: 'look why it is empty; --allow-empty if that is what you mean',
  },
  invalid_file: {
    meaning: 'a file of configuration cannot be read as what its name says',
    advice: 'mend it at the place that the message names; nothing was written',
  },
  invalid_config: {
    meaning: 'serve cannot go by what its file, the environment or files that they name say',
    advice:
      'mend what the lines name; "confer serve --check-config" says what is left, and starts nothing',
  },
  invalid_data: {
    meaning: 'what is stored cannot be written in the format asked for',
    advice: 'the message names the paths; -o json or ndjson may do',
  },
  unreadable: {
    meaning: 'a file cannot be read',
    advice: 'the message says which and why',
  },
  unwritable: {
    meaning: 'a file or a directory cannot be written',
    advice: 'look at its rights and at the room on the disk',
  },
  damaged_backup: {
    meaning: 'a backup is not as it was written: cut off, or changed somewhere',
    advice: 'take another backup, or another copy of this one; nothing of it was used',
  },
  no_backup: {
    meaning: 'a file is not a backup of Confer',
    advice: 'name the file that "confer backup FILE" made',
  },
  newer_backup: {
    meaning: 'a backup was made by a newer Confer, in a format that this one does not know',
    advice: 'use the confer that made it, or a newer one',
  },
  not_empty: {
    meaning: 'restore --into was to write where there is something else already',
    advice: 'name a subtree that holds nothing, or remove what is there; nothing was overwritten',
  },
  not_restored: {
    meaning: 'something else wrote to the subtree while a backup was restored into it',
    advice: 'stop what writes there, and look with "confer ls"; restore into a subtree of its own',
  },
  outrun: {
    meaning: 'history was dropped faster than a backup of one revision could be read, each time',
    advice: 'let the server keep more history (serve --keep-commits), or be nearer to it',
  },
  token_file: {
    meaning: 'the file with the token cannot be used',
    advice: 'it holds one token and is read by its owner alone: chmod 600 FILE',
  },
  not_kept: {
    meaning: 'a token was made, but the file for it could not be written',
    advice: 'rotate the token, into another file: nobody has this one',
  },
  contexts_file: {
    meaning: 'the file of contexts is damaged, of another version, or can be written by others',
    advice: 'mend the file that the message names, or move it away and add the contexts again',
  },
  no_context: {
    meaning: 'there is no context of that name',
    advice: '"confer context ls" lists them, "confer context add" adds one',
  },
  context_exists: {
    meaning: 'there is a context of that name already',
    advice: 'take another name, or "confer context rm" the old one first',
  },
  busy: {
    meaning: 'another command is changing the same file',
    advice: 'try again',
  },
  editor: {
    meaning: 'the editor could not be started, or ended with a failure',
    advice: 'set VISUAL or EDITOR to one that runs here; nothing was written',
  },
  command: {
    meaning: 'the program that exec was told to run is not there, or cannot be started',
    advice: 'look at its name behind "--", at PATH and at its rights: the exit code is 127 or 126',
  },
  check: {
    meaning: 'the check of render refused what was made; the file stays as it was',
    advice: 'mend the value or the template; the lines below say what the check said',
  },
  exec: {
    meaning:
      'the command that render runs after a change ended with a failure; the file is written',
    advice: 'look why it failed; it runs again with the next change',
  },
  template: {
    meaning: 'a template cannot be read, or asks for something that is not there',
    advice: 'mend it at the line that the message names; "default" says what holds without a value',
  },
  write: {
    meaning: 'a file that render keeps could not be written; it stays as it was',
    advice: 'look at its folder, at its rights and at the room on the disk; it is tried again',
  },
  unknown_code: {
    meaning: 'explain was asked about something that is no code',
    advice: '"confer explain" lists them all',
  },
  refused: {
    meaning: 'the server refuses to start like that',
    advice: 'the message names the option that is missing',
  },
  storage: {
    meaning: 'the data of a server cannot be opened, or failed',
    advice: 'the message says why; docs/storage.md says what helps',
  },
  invalid: {
    meaning: 'an option of the server is not what it should be',
    advice: 'the message says which',
  },
};

/** Close codes that are not an error of Confer: RFC 6455, and what networks make of a connection. */
export const closeCodes: Readonly<Record<number, Explained>> = {
  1000: { meaning: 'whoever closed it was done', advice: 'nothing' },
  1001: {
    meaning: 'one side goes away: a page that is left, or something on the way that ends',
    advice: 'nothing; clients come back by themselves',
  },
  1002: {
    meaning: 'one side broke the rules of WebSockets',
    advice: 'look for a proxy on the way that changes what it passes on',
  },
  1003: {
    meaning: 'a binary frame; Confer speaks text',
    advice: 'what talks here is no client of Confer',
  },
  1005: {
    meaning: 'it was closed without a code',
    advice: 'nothing; clients come back by themselves',
  },
  1006: {
    meaning: 'it broke without being closed: a process was killed, a network or a proxy cut it',
    advice:
      'nothing, once; if it happens over and over, look at what is on the way and at the log of the server',
  },
  1007: { meaning: 'text that is not UTF-8', advice: 'what talks here is no client of Confer' },
  1009: {
    meaning: 'a frame was so much too large that the library cut it off',
    advice: 'write less at once, as for 4413',
  },
  1011: { meaning: 'a bug in the server; its log says more', advice: 'please report it' },
  1015: {
    meaning: 'the TLS handshake failed',
    advice: '"confer doctor" shows the certificate and what is wrong with it',
  },
};
