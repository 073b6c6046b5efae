import { limits } from '../limits.ts';
import { verbs } from '../rights.ts';
import * as v from '../schema.ts';
import { count, name, text } from './parts.ts';

export const verb = v.picklist(verbs);

export const grant = v.object({
  verbs: v.pipe(v.array(verb), v.maxLength(verbs.length)),
  on: text,
});

export const grants = v.pipe(v.array(grant), v.maxLength(limits.grantsMax));

export const roleNames = v.pipe(v.array(name), v.maxLength(limits.rolesOfTokenMax));

export const note = v.pipe(v.string(), v.maxLength(limits.noteBytesMax), v.wellFormed());

export const role = v.object({
  name,
  allow: grants,
  deny: grants,
  note: v.exactOptional(note),
});

/** All of a token but its secret. */
export const tokenInfo = v.object({
  id: name,
  name,
  roles: roleNames,
  createdAt: count,
  createdBy: name,
  /** Ms since the Unix epoch; `null`: never. */
  expiresAt: v.nullable(count),
  notBefore: v.exactOptional(count),
  note: v.exactOptional(note),
  disabled: v.exactOptional(v.boolean()),
  /** Until when the secret before the last rotation is good, too. */
  overlapUntil: v.exactOptional(count),
  /** The day it was last used, as `2026-11-28` (UTC). */
  lastUsed: v.exactOptional(name),
});
