import type { MadeToken } from '@confer/client/admin';
import { type Context, notice } from '../context.ts';
import { usageError } from '../failure.ts';
import { formatOf } from '../output/format.ts';
import { withAdministration } from '../rights/administration.ts';
import { handOut, type OutOptions, SECRET_FORMATS } from '../rights/hand-out.ts';
import { expiryArgument, overlapArgument, timeArgument, timeText } from '../rights/times.ts';

/** Long enough for a quarter, short enough that somebody looks whether it is still needed. */
const EXPIRES = '90d';
/** Long enough for a person to change a token everywhere. */
const OVERLAP = '24h';

export interface CreateOptions extends Pick<OutOptions, 'out'> {
  readonly role?: readonly string[];
  readonly expires?: string;
  readonly notBefore?: string;
  readonly note?: string;
}

export async function createToken(
  context: Context,
  name: string,
  { role: roles = [], expires = EXPIRES, notBefore, note, out }: CreateOptions,
): Promise<void> {
  const format = formatOf(context, SECRET_FORMATS);
  if (roles.length === 0)
    throw usageError('a token without a role may do nothing: give --role, as often as needed');
  const now = context.terminal.clock.now();
  const request = {
    ...{ name, roles, expiresAt: expiryArgument(expires, now) },
    ...(notBefore === undefined ? {} : { notBefore: timeArgument(notBefore, '--not-before', now) }),
    ...(note === undefined ? {} : { note }),
  };
  const { made } = await handOut(context, format, outOf(out), () =>
    withAdministration(context, async ({ tokens }) => secretOf(await tokens.create(request))),
  );
  tell(context, made, out);
}

export interface RotateOptions extends Pick<OutOptions, 'out'> {
  readonly overlap?: string;
  readonly expires?: string;
}

/** With --out, puts the new token in the place of the old one. */
export async function rotateToken(
  context: Context,
  token: string,
  { overlap = OVERLAP, expires, out }: RotateOptions,
): Promise<void> {
  const format = formatOf(context, SECRET_FORMATS);
  const overlapMs = overlapArgument(overlap);
  const expiresAt =
    expires === undefined ? undefined : expiryArgument(expires, context.terminal.clock.now());
  const rotation = { overlapMs, ...(expiresAt === undefined ? {} : { expiresAt }) };
  const { made } = await handOut(context, format, { ...outOf(out), replaces: true }, () =>
    withAdministration(context, async ({ tokens }) =>
      secretOf(await tokens.rotate(token, rotation)),
    ),
  );
  tell(context, made, out);
  const { overlapUntil } = made.info;
  notice(
    context,
    overlapUntil === undefined
      ? 'the secret before is of no use any more'
      : `the secret before is good until ${timeText(overlapUntil)}`,
  );
}

function outOf(out: string | undefined): Pick<OutOptions, 'out'> {
  return out === undefined ? {} : { out };
}

function secretOf(made: MadeToken) {
  const { token, ...data } = made;
  return { token, data, made };
}

function tell(context: Context, { info }: MadeToken, out: string | undefined): void {
  const { name, id, roles, expiresAt } = info;
  const place = out === undefined ? 'it is not shown again' : `it is in ${out} alone`;
  const expiry = expiresAt === null ? 'never expires' : `expires ${timeText(expiresAt)}`;
  notice(context, `token ${name} (${id}), of ${roles.join(', ')}, ${expiry}; ${place}`);
}
