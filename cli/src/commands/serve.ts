import { DEFAULT_PORT } from '@confer/shared';
import type { Command } from 'commander';
import type { ServeOptions } from '../runs/serve.ts';
import { type ContextOf, examples, gather } from './definition.ts';

export function addServe(program: Command, contextOf: ContextOf): void {
  const command = program
    .command('serve')
    .summary('run the server')
    .description(
      'Runs the server. It prints its URL on stdout once it accepts connections, and ends cleanly ' +
        'on SIGTERM or Ctrl-C. It ends with 2 where it cannot start on its data, and with 1 where its ' +
        'storage failed while it ran. With --engine etcd it keeps nothing: it is a gateway, and there may be ' +
        'any number of them over one cluster.',
    )
    .option('--data <directory>', 'where the data are kept', './data')
    .addOption(
      program
        .createOption('--engine <name>', 'what keeps the data: lmdb here, etcd in a cluster')
        .choices(['lmdb', 'etcd'])
        .default('lmdb'),
    )
    .option('--listen <host:port>', 'the address', `127.0.0.1:${DEFAULT_PORT}`)
    .addOption(program.createOption('--memory', 'keep nothing: for tests').conflicts('data'))
    .addOption(
      program
        .createOption('--transport <name>', 'the socket library (default: uws where it runs)')
        .choices(['uws', 'ws']),
    )
    .option(
      '--accept-loss',
      'start although data are missing or older than the directory says; the log says what is lost',
    )
    .option('--keep-age <time>', 'history is kept for at least this long (default: 24h)')
    .option('--keep-commits <count>', 'and at least so many commits of it (default: 100000)')
    .addHelpText(
      'after',
      examples(
        'confer serve',
        'confer serve --data /var/lib/confer --keep-age 72h',
        'confer serve --memory',
        'confer serve --auth on',
        'confer serve --tls-cert tls/server.pem --tls-key tls/server-key.pem',
        'confer serve --engine etcd --etcd http://10.0.0.1:2379,http://10.0.0.2:2379',
      ),
    )
    .action(async (options: ServeOptions, command: Command) => {
      const { serve } = await import('../runs/serve.ts');
      await serve(contextOf(command), options);
    });
  addDoorOptions(command);
  addAuthOptions(command);
  addEtcdOptions(command);
}

/** Who may come in over the network, and how. */
function addDoorOptions(command: Command): void {
  command
    .option('--tls-cert <file>', 'serve https and wss with this certificate and its chain (PEM)')
    .option('--tls-key <file>', 'and its key; both are read again when they change, and on SIGHUP')
    .option(
      '--client-ca <file>',
      'let in only whose certificate these authorities signed (PEM); needs --transport ws',
    )
    .option(
      '--trusted-proxy <network>',
      'a proxy with TLS is in front, in 10.0.0.0/8 or so: it may say whose request it is (several times)',
      gather,
    )
    .option(
      '--allow-origin <url>',
      'pages of https://console.example or so may connect (several times)',
      gather,
    )
    .option(
      '--public-host <name>',
      'the server is reached as config.example or config.example:8443, too (several times)',
      gather,
    )
    .option(
      '--insecure',
      'listen beyond this machine although nobody is authenticated, or everybody on the way can read',
    );
}

/** Who is known, and what of. */
function addAuthOptions(command: Command): void {
  command
    .addOption(
      command
        .createOption('--auth <switch>', 'whether everybody is asked who they are; see help rights')
        .choices(['on', 'off'])
        .default('off'),
    )
    .option(
      '--bootstrap-token-file <file>',
      "a file with a token that becomes the first admin's, where there is none yet",
    )
    .option('--issuers <file>', 'whose signed tokens (JWTs, OIDC) are believed, with --auth on')
    .addOption(
      command
        .createOption(
          '--audit <how>',
          'write down who did what: before it is done, or as well as can be (default: best-effort with --auth on)',
        )
        .choices(['off', 'best-effort', 'required']),
    )
    .option('--audit-reads <subtree>', 'write down who reads this, too (several times)', gather)
    .option(
      '--audit-dir <directory>',
      'where (default: audit in --data; a gateway has no default)',
    );
}

function addEtcdOptions(command: Command): void {
  command
    .option('--etcd <urls>', 'the members, separated by commas: http://a:2379,http://b:2379')
    .option('--etcd-prefix <prefix>', "of all of Confer's keys in etcd", '/confer/')
    .option('--etcd-ca <file>', 'the authority that signed the certificates of etcd (PEM)')
    .option('--etcd-cert <file>', 'the certificate that this server shows to etcd (PEM)')
    .option('--etcd-key <file>', 'and its key')
    .option('--etcd-user <name>', 'who this server is to etcd')
    .option('--etcd-password-file <file>', 'and the file with the password')
    .addOption(
      command
        .createOption(
          '--etcd-compact <who>',
          'whose history of etcd is shortened: by Confer for all who use it, or by somebody else',
        )
        .choices(['confer', 'leave'])
        .default('confer'),
    );
}
