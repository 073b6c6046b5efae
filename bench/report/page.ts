import type { Drawing } from './charts.ts';
import type { Machine } from './machine.ts';
import type { Result } from './result.ts';
import { rowsOf } from './rows.ts';
import { asMarkdown } from './table.ts';

/** One section of the page: what stands between its marks belongs to the bench. */
type Sections = Readonly<Record<'machine' | 'charts' | 'tables', string>>;

/** The page with what was measured put between the marks, and all other text as it was. */
export function fillPage(page: string, sections: Sections): string {
  return Object.entries(sections).reduce((text, [name, content]) => {
    const [begin, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
    const from = text.indexOf(begin);
    const to = text.indexOf(end);
    if (from === -1 || to < from) throw new Error(`the page has no ${begin} with its end`);
    return `${text.slice(0, from + begin.length)}\n${content}\n${text.slice(to)}`;
  }, page);
}

export function sectionsOf(
  machine: Machine,
  run: string,
  results: readonly Result[],
  drawings: readonly Drawing[],
  titles: ReadonlyMap<string, string>,
): Sections {
  return {
    machine: machineText(machine, run),
    charts: drawings.map(({ file, title }) => `![${title}](charts/${file})`).join('\n\n'),
    tables: [...titles]
      .filter(([name]) => results.some(({ scenario }) => scenario === name))
      .map(([name, title]) => {
        const own = results.filter(({ scenario }) => scenario === name);
        const labels = [...new Set(own.map(({ label }) => label))];
        const tables = labels.map(
          (label) =>
            `**${label}**\n\n${asMarkdown(rowsOf(own.filter((result) => result.label === label)))}`,
        );
        return `### ${title}\n\n${tables.join('\n\n')}`;
      })
      .join('\n\n'),
  };
}

function machineText(machine: Machine, run: string): string {
  const { cpu, cores, memoryGb, kernel, node, syncMs, versions } = machine;
  const those = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `- ${run}`,
    `- ${cpu}, ${cores} cores, ${memoryGb} GB; Linux ${kernel}; Node ${node}`,
    `- a write of 4 kB, synced: ${syncMs} ms`,
    `- ${those.join(', ')}`,
  ].join('\n');
}
