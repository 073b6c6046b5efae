import { nearest } from '../output/nearest.ts';
import { Layer } from './given.ts';
import { allSettings, CONFIG } from './table.ts';

const PREFIX = 'CONFER_';
/** Of the other commands, which a person may have set for good. */
const OF_COMMANDS = [
  'CONFER_URL',
  'CONFER_CONTEXT',
  'CONFER_CA',
  'CONFER_CERT',
  'CONFER_KEY',
  'CONFER_TOKEN',
];
/**
 * What Kubernetes tells each container of the services around it: for one that is called `confer` or begins so, that
 * is CONFER_SERVICE_HOST, CONFER_PORT=tcp://10.0.0.1:7480, CONFER_PORT_7480_TCP_ADDR and so on.
 */
const OF_KUBERNETES =
  /^CONFER(_[A-Z0-9_]+)?_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT(_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$/;

export function fromEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  directory: string,
): Layer {
  const layer = new Layer(directory);
  for (const setting of allSettings) {
    const { variable, kind } = setting;
    const said = env[variable];
    if (said === undefined) continue;
    const texts = kind.isMany === true ? said.split(',').map((one) => one.trim()) : [said];
    layer.take(setting, texts, { kind: 'environment', variable });
  }
  const { variable, expects } = CONFIG;
  if (env[variable] === '') layer.refuseEmpty(expects, { kind: 'environment', variable });
  refuseMisspelt(layer, Object.keys(env));
  return layer;
}

/** Somebody who misspelt one has a server that does without, and does not know it. */
function refuseMisspelt(layer: Layer, names: readonly string[]): void {
  const known = [CONFIG.variable, ...allSettings.map(({ variable }) => variable)];
  const strange = names.filter(
    (name) =>
      name.startsWith(PREFIX) &&
      !known.includes(name) &&
      !OF_COMMANDS.includes(name) &&
      !OF_KUBERNETES.test(name),
  );
  const unknown: string[] = [];
  for (const name of strange.sort()) {
    const meant = meantBy(name, known);
    if (meant === undefined) unknown.push(name);
    else layer.problems.push(`${name} is no setting; did you mean ${meant} ?`);
  }
  if (unknown.length > 0)
    layer.warnings.push(`no settings of the server, and left alone: ${unknown.join(', ')}`);
}

function meantBy(name: string, known: readonly string[]): string | undefined {
  // Secrets are in files, so that they are neither in the environment nor in what is printed.
  const ofFile = `${name}_FILE`;
  if (known.includes(ofFile)) return ofFile;
  // What all of them begin with says nothing about which is near.
  const bare = known.map((one) => one.slice(PREFIX.length));
  const near = nearest(name.slice(PREFIX.length), bare);
  return near === undefined ? undefined : PREFIX + near;
}
