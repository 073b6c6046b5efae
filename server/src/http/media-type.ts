import { headerOf, type RequestHead } from '../transport/request-head.ts';
import { JSON_TYPE } from './answers.ts';
import { HttpFailure } from './failure.ts';

/** A value is what the body is, whatever it is said to be, but not what a form or a compressor has made of it. */
export function requireValueType(head: RequestHead): void {
  requirePlain(head);
  if (typeOf(head).startsWith('multipart/'))
    throw unsupported('the body is the value, and no form: with curl, --data-binary or -T');
}

/** A page of a stranger can post text without asking, but not JSON. */
export function requireJson(head: RequestHead): void {
  requirePlain(head);
  // safeguard: json-is-said-to-be-json
  if (typeOf(head) !== JSON_TYPE)
    throw unsupported(`the body is JSON and says so: Content-Type: ${JSON_TYPE}`);
}

/** A body is UTF-8, as it is. */
function requirePlain(head: RequestHead): void {
  const coding = headerOf(head, 'content-encoding').trim().toLowerCase();
  if (coding !== '' && coding !== 'identity')
    throw unsupported('a body is not compressed here: leave Content-Encoding out');
  const [, charset] = /;\s*charset="?([^";\s]*)/i.exec(headerOf(head, 'content-type')) ?? [];
  if (charset !== undefined && !/^(utf-?8|us-ascii)$/i.test(charset))
    throw unsupported('a body is UTF-8');
}

function typeOf(head: RequestHead): string {
  const [type = ''] = headerOf(head, 'content-type').split(';');
  return type.trim().toLowerCase();
}

function unsupported(message: string): HttpFailure {
  return new HttpFailure({ code: 'unsupported_media_type', message });
}
