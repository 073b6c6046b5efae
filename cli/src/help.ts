import { errorCodes, errorMeanings, limits, type Verb } from '@confer/shared';
import { exitRows } from './failure.ts';
import { table } from './output/text.ts';

/** Texts of `confer help TOPIC`. */
export const topics: Readonly<Record<string, () => string>> = {
  errors,
  paths,
  rights,
  values,
};

function errors(): string {
  const rows = exitRows().map(({ code, meaning }) => [`  ${code}`, meaning]);
  const codes = errorCodes.map((code) => [`  ${code}`, errorMeanings[code]]);
  return `Errors are lines on stderr: "error[code]: what happened", then perhaps "hint: what helps".

Exit codes:
${table(rows)}
Codes of the server:
${table(codes)}
"confer explain CODE" says more about one, and what to do.
`;
}

function paths(): string {
  return `A path names one entry and, as a subtree, everything below it: /shop/orders/server/port

It starts with "/" and does not end with one. A segment has 1 to ${limits.segmentBytesMax} bytes of UTF-8, a path
at most ${limits.pathBytesMax}; "." and "..", control characters and empty segments are refused. A path
may hold a value and have children. /shop never means /shopping. /.confer is the server's own.

import turns each key of a map into one segment: "/" and "%" in keys are percent-encoded, dots
are left alone (spring.jpa.open-in-view is one segment). The key "" holds the value of its map's
own path.
`;
}

const verbMeanings: Readonly<Record<Verb, string>> = {
  read: 'get, ls, tree, find, watch, wait, export, exec, render, discover, log, history, diff',
  write:
    'set, edit, rm, txn, cp, mv, import, apply, revert, restore --into, lease; with read: lock, elect, register',
  release: 'nothing yet',
  operate: 'compact, subscribers, sessions, top, leases of others; the figures of status',
  admin: 'roles, tokens and backup, on / alone',
};

function rights(): string {
  const rows = Object.entries(verbMeanings).map(([verb, meaning]) => [`  ${verb}`, meaning]);
  return `A server with "serve --auth on" asks everybody for a token, in --token-file FILE or CONFER_TOKEN.
A token has roles, and a role allows and denies verbs on subtrees:

  confer role set shop-dev --allow read,write:/shop --deny read,write:/shop/secrets
  confer token create ada --role shop-dev --out ada.token
  confer whoami --token-file ada.token
  confer auth check ada read /shop

Verbs:
${table(rows)}
Something may be done with a subtree where one allow covers all of it and no denial of the verb
meets it, neither within it nor around it. A denial always wins. What is refused is refused as a
whole: nothing is ever left out of an answer, so "confer ls -R /shop" is forbidden above.

A change holds at once, for connections that are there, too. The role admin is built in.
`;
}

function values(): string {
  return `A value is text of at most 1 MiB. set, get and watch treat it as it is.

import and export read it as data: 8080, true and null are what they look like, lists are JSON,
and a string that would read as something else is in JSON quotes:

  confer set /shop/port 8080          a number
  confer set /shop/zip '"8080"'       a string
  confer set /shop/tags '["a","b"]'   a list
`;
}
