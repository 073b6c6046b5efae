import type { Grant, Role, UpMessage } from '@confer/shared';
import { hashOf } from '../auth/hash.ts';
import type { JwtVerifier } from '../auth/jwt/jwt.ts';
import { newToken, tokenText } from '../auth/token.ts';
import type { BootstrapSecret } from '../auth/token-authority.ts';
import { systemRuntime } from '../runtime.ts';
import { RawClient } from './raw-client.ts';
import { type Scene, startCore } from './scene.ts';

/** A request under a number. */
type Asked = (id: number) => Extract<UpMessage, { id: number }>;

/** A core that asks everybody who they are, with an admin. */
export interface GuardedScene extends Scene {
  readonly admin: RawClient;
  readonly adminToken: string;
  /** Sends a request, and returns its reply. */
  ask(client: RawClient, request: Asked): Promise<RawClient['received'][number]>;
  setRole(role: Partial<Role> & { readonly name: string }): Promise<number>;
  /** A token of some roles. */
  tokenOf(name: string, ...roles: readonly string[]): Promise<string>;
  /** A connection of somebody new, with a role of its own that gives and denies this. */
  guest(name: string, allow: readonly Grant[], deny?: readonly Grant[]): Promise<RawClient>;
}

let ids = 1_000;

/** What of a bootstrap lives outside of a core. */
export function oneTimeSecret(expiresAt: number): { token: string; secret: BootstrapSecret } {
  const token = newToken(systemRuntime.newSecret);
  const { id, secret } = token;
  return { token: tokenText(token), secret: { id, hash: hashOf(secret), expiresAt } };
}

export async function startGuarded({
  signatures,
  ...options
}: Omit<Parameters<typeof startCore>[0] & object, 'auth'> & {
  /** Knows the tokens that others have signed. */
  readonly signatures?: JwtVerifier;
} = {}): Promise<GuardedScene> {
  const { token, secret } = oneTimeSecret(Number.MAX_SAFE_INTEGER);
  const auth = { bootstrap: () => secret, ...(signatures === undefined ? {} : { signatures }) };
  const scene = await startCore({ ...options, auth });
  const ask = async (client: RawClient, request: Asked) => {
    const id = ++ids;
    client.send(request(id));
    await scene.settle();
    const at = client.received.findIndex((message) => 'id' in message && message.id === id);
    const [reply] = at === -1 ? [] : client.received.splice(at, 1);
    if (reply === undefined) throw new Error(`no reply to ${JSON.stringify(request(id))}`);
    return reply;
  };
  const first = RawClient.as(scene.core, token);
  const made = await ask(first, (id) => ({
    type: 'createToken',
    id,
    name: 'root',
    roles: ['admin'],
    expiresAt: null,
  }));
  if (made.type !== 'tokenMade') throw new Error(`no admin: ${JSON.stringify(made)}`);
  const adminToken = made.token;
  const admin = RawClient.as(scene.core, adminToken);
  const setRole: GuardedScene['setRole'] = async ({ name, allow = [], deny = [] }) => {
    const reply = await ask(admin, (id) => ({
      type: 'setRole',
      id,
      name,
      allow: allow.map(({ verbs, on }) => ({ verbs: [...verbs], on })),
      deny: deny.map(({ verbs, on }) => ({ verbs: [...verbs], on })),
    }));
    if (reply.type !== 'authChanged') throw new Error(JSON.stringify(reply));
    return reply.revision;
  };
  const tokenOf: GuardedScene['tokenOf'] = async (name, ...roles) => {
    const reply = await ask(admin, (id) => ({
      type: 'createToken',
      id,
      name,
      roles: [...roles],
      expiresAt: null,
    }));
    if (reply.type !== 'tokenMade') throw new Error(JSON.stringify(reply));
    return reply.token;
  };
  const guest: GuardedScene['guest'] = async (name, allow, deny = []) => {
    await setRole({ name, allow, deny });
    return RawClient.as(scene.core, await tokenOf(name, name));
  };
  return { ...scene, admin, adminToken, ask, setRole, tokenOf, guest };
}
