import type { Command } from 'commander';
import type { AuditOptions, AuditVerifyOptions } from '../runs/audit.ts';
import { type ContextOf, examples } from './definition.ts';

export function addAudit(program: Command, contextOf: ContextOf): void {
  const audit = program
    .command('audit')
    .summary('show who did what, out of the audit of a server')
    .description(
      'Shows what a server wrote down in DATA/audit: who did what, from where, and which rule let him or did ' +
        'not. It reads the files, whether a server runs or not. Values are in none of them.',
    )
    .option('--data <directory>', 'where the data of the server are kept', './data')
    .option('--since <time>', 'from then on: 1h, 7d or 2026-11-28T12:00:00Z')
    .option('--until <time>', 'up to then')
    .option('--principal <name>', 'of somebody')
    .option('--event <kind>', 'of a kind: login, loginFailed, denied, commit, authChanged, ...')
    .option('--path <subtree>', 'that touched a subtree, or one that it lies in')
    .option('--denied', 'what was not allowed')
    .option('--json', 'each event as the line of JSON that it is, like -o ndjson')
    .option('--follow', 'go on with what happens, until interrupted')
    .addHelpText(
      'after',
      examples(
        'confer audit --since 1h',
        'confer audit --denied --principal svc-orders',
        'confer audit --path /shop --event commit --json | jq -r .principal | sort | uniq -c',
        'confer audit --follow --data /var/lib/confer',
      ),
    )
    .action(async (_: object, command: Command) => {
      const { showAudit } = await import('../runs/audit.ts');
      await showAudit(contextOf(command), command.opts<AuditOptions>());
    });
  addAuditVerify(audit, contextOf);
}

function addAuditVerify(audit: Command, contextOf: ContextOf): void {
  audit
    .command('verify')
    .summary('look whether anybody changed the audit')
    .description(
      'Looks whether each line of DATA/audit continues the one before it, through all files. Ends with 2 and names ' +
        'the first file and line where one was edited, deleted, swapped, inserted or cut off, or where a file is ' +
        'missing or foreign. That lines were cut off at the very end, or all written anew, shows only beside what ' +
        'was kept somewhere else: keep what it prints, and give it with --heads the next time.',
    )
    .option('--heads <file>', 'lines of JSON with seq and hash, of which each has to be there')
    .addHelpText(
      'after',
      examples(
        'confer audit verify --data /var/lib/confer',
        'confer audit verify -o ndjson >> /elsewhere/heads',
        'confer audit verify --heads /elsewhere/heads',
      ),
    )
    .action(async (_: object, command: Command) => {
      const { verifyAuditFiles } = await import('../runs/audit.ts');
      await verifyAuditFiles(contextOf(command), command.optsWithGlobals<AuditVerifyOptions>());
    });
}
