import { oneLine } from '../output/text.ts';

/** Longer ones are no value of a setting, and nobody reads them in a message. */
const SHOWN_LENGTH_MAX = 120;
const TOKEN = /cfr_[A-Za-z0-9]{12}_[A-Za-z0-9]+/g;
/** One that somebody else signed; what it says of its bearer is in it, too. */
const SIGNED = /eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g;
/** What stands before the host in an address: a user, and perhaps a password. */
const USER = /\/\/[^/?#\s]*@/g;

/** Whether there is a token in it. */
export function isToken(text: string): boolean {
  return text.search(TOKEN) !== -1 || text.search(SIGNED) !== -1;
}

/** What somebody wrote, without what may be a secret in it. */
export function withoutSecrets(text: string): string {
  return text
    .replace(TOKEN, 'cfr_(hidden)')
    .replace(SIGNED, 'eyJ(hidden)')
    .replace(USER, '//(hidden)@');
}

/** The same for a message, on one line and in quotes. */
export function shown(text: string): string {
  return JSON.stringify(oneLine(withoutSecrets(text), SHOWN_LENGTH_MAX));
}
