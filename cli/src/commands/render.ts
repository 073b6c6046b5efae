import type { Command } from 'commander';
import type { RenderOptions } from '../runs/render.ts';
import { type ContextOf, examples, gather } from './definition.ts';

export function addRender(program: Command, contextOf: ContextOf): void {
  program
    .command('render')
    .summary('keep files as templates say, from the values of a subtree')
    .usage('--from PATH --template FILE --out FILE [options]')
    .description(
      'Renders templates (Liquid) with the values of subtrees, and again when they change. {{ "/svc/port" | value }} ' +
        'is a value, and an error where there is none, unless the template says what to take: ' +
        '{{ "/svc/port" | value: 80 }}. "/svc/pool" | tree is a subtree as maps, "/svc/pool" | ls the names below ' +
        'it, "/services/orders" | instances the ones that can serve (see register). Files are replaced as a whole, all that a commit changes or none: one that fails its check keeps the ' +
        'others back, too. What fails is said once and tried again, and the last good files stay.',
    )
    .requiredOption('--from <path>', 'a subtree that the templates read (repeatable)', gather)
    .requiredOption('-t, --template <file>', 'a template (repeatable)', gather)
    .option('--out <file>', 'the file of the template before it (one for each)', gather)
    .option(
      '--check <command>',
      'run by sh before a file is replaced, which stays where this fails; {} and $CONFER_RENDERED are ' +
        'the new file (none, or one for each template, in their order)',
      gather,
    )
    .option('--exec <command>', 'run by sh after files changed, once for all; it may take a minute')
    .addOption(
      program
        .createOption('--once', 'render what is there now, and end; 1 where --exec fails')
        .conflicts('debounce'),
    )
    .option(
      '--debounce <min:max>',
      'wait until nothing has changed for MIN, at most MAX (default: 500ms:10s)',
    )
    .option('--mode <mode>', 'of what is written (default: as it was; 0644 where nothing was)')
    .addHelpText(
      'after',
      examples(
        'confer render --from /svc/orders -t orders.ini.liquid --out orders.ini --once',
        "confer render --from /web -t nginx.conf.liquid --out nginx.conf --check 'nginx -t -c {}' --exec 'nginx -s reload'",
        'confer render --from /a --from /b -t a.liquid --out a.conf -t b.liquid --out b.conf',
      ),
    )
    .action(async (options: RenderOptions, command: Command) => {
      const { renderTemplates } = await import('../runs/render.ts');
      await renderTemplates(contextOf(command), options);
    });
}
