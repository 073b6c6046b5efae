import { PORTS } from './ports.mjs';

export function help() {
  return `Usage: pnpm cluster [--base-port N]

Starts three etcd members and two Confer gateways over them on this machine, to try things with. All it needs
is an \`etcd\` in the PATH. The data are in a temporary directory, which is removed at the end; Ctrl-C ends all of it.

Options:
  --base-port N   the first of ${PORTS} ports: the gateways have N and N+1, the members N+2 to N+4, and N+5 to N+7
                  between each other (default: any that are free)
  -h, --help      this

Examples:
  pnpm cluster
  pnpm cluster --base-port 7480   the first gateway is where the command looks for a server

docs/cluster.md is about clusters that stay.`;
}

export function whatRuns({ members, gateways, directory }) {
  const rows = [...gateways, ...members].map(
    ({ name, url, pid }) => `${name.padEnd(9)}  ${url}  pid ${pid}`,
  );
  return `\n${rows.join('\n')}\nlogs and data: ${directory}`;
}

export function whatToTry({ members, gateways: [one, other] }) {
  const endpoints = members.map(({ url }) => url).join(',');
  const [first, second] = members;
  return `
To try, in another terminal:
  alias confer='node cli/dist/main.js'

see through one gateway what is written through the other, or with a tool of etcd
  confer --url ${other.url} watch /
  confer --url ${one.url} set /shop/port 8080
  etcdctl --endpoints ${endpoints} put /confer/shop/motd hello

lose a member: the two that are left go on
  kill -9 ${first.pid}

lose a gateway: programs that know both go on with the other, as connect(['${one.url}', '${other.url}'])
  kill ${one.pid}

lose a second member: nothing is written any more, and what is there can still be read
  kill -9 ${second.pid}
  confer --url ${other.url} get /shop/port --stale

Ctrl-C ends all of it.`;
}
