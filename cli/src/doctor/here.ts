import { PROTOCOL_VERSION } from '@confer/shared';
import type { Context } from '../context.ts';
import { contextsFile } from '../contexts/store.ts';
import { Failure } from '../failure.ts';
import type { Machine } from '../machine.ts';
import { oneLine } from '../output/text.ts';
import { tokenSourceOf } from '../rights/token-source.ts';
import { VERSION } from '../version.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

/** With fewer, a shell and an editor get into trouble. */
const FILES_FEW = 256;
const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'];
/** The id of a token is in it and is no secret: lists show it. */
const TOKEN_ID = /^cfr_([0-9A-Za-z]{12})_/;

/** What can be said without asking anybody. */
export async function findingsHere(context: Context, machine: Machine): Promise<Finding[]> {
  const { node, abi, system, libc } = machine;
  return [
    ok('confer', `${VERSION}, protocol ${PROTOCOL_VERSION}`),
    ok('node', `${node} (ABI ${abi}), ${system}, ${libc}`, { node, abi, system, libc }),
    filesFinding(machine),
    environmentFinding(context.terminal.env),
    contextFinding(context),
    await tokenFinding(context),
  ];
}

function filesFinding({ filesMax, filesUsed }: Machine): Finding {
  const text = `${filesMax ?? 'nobody knows how many'} at most, ${filesUsed ?? 'nobody knows how many'} in use`;
  const facts = { filesMax, filesUsed };
  return filesMax !== undefined && filesMax < FILES_FEW
    ? warn('files', text, 'ulimit -n sets more; a server needs one for each connection', facts)
    : ok('files', text, facts);
}

/** Names alone: a proxy may have a password in its URL. */
function environmentFinding(env: Context['terminal']['env']): Finding {
  if (env.NODE_TLS_REJECT_UNAUTHORIZED === '0')
    return warn(
      'environment',
      'NODE_TLS_REJECT_UNAUTHORIZED is 0: certificates may be believed that nobody signed',
      'unset it, and name an authority with --ca',
    );
  const set = PROXIES.flatMap((name) => [name, name.toLowerCase()]).filter((name) => env[name]);
  return set.length === 0
    ? ok('environment', 'no proxies are set')
    : ok('environment', `${set.join(', ')} set, which confer does not use: it connects by itself`, {
        proxies: set,
      });
}

function contextFinding({ settings, terminal }: Context): Finding {
  const { chosen, url } = settings;
  if (chosen === undefined) {
    const from = url === terminal.env.CONFER_URL ? 'CONFER_URL' : '--url or the default';
    return ok('context', `none; the server is named by ${from}`);
  }
  const { name, production } = chosen;
  const text = `${name}${production ? ' (production)' : ''} of ${contextsFile(terminal.env)}`;
  return ok('context', text, { name, production });
}

async function tokenFinding(context: Context): Promise<Finding> {
  const { tokenFile } = context.settings;
  try {
    const source = await tokenSourceOf(context);
    if (source === undefined) return ok('token', 'none');
    const [, id] = TOKEN_ID.exec(await source()) ?? [];
    const from = tokenFile ?? 'CONFER_TOKEN';
    return ok('token', `${id === undefined ? 'one' : `id ${id}`} from ${from}`, { id, from });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return fail('token', oneLine(error.message), error.hint ?? 'confer help rights');
  }
}
