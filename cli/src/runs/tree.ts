import { compareCodePoints, isWithin, ROOT, relativeTo } from '@confer/shared';
import { countArgument, subtreeArgument } from '../arguments.ts';
import { withClient } from '../connection.ts';
import { type Context, notice } from '../context.ts';
import { notFound } from '../failure.ts';
import { paletteOf } from '../output/colour.ts';
import { formatOf } from '../output/format.ts';
import { counted, oneLine } from '../output/text.ts';

export interface TreeOptions {
  readonly level?: string;
}

interface Branch {
  value?: string;
  /** There is more below than the drawing shows. */
  cut?: true;
  readonly children: Map<string, Branch>;
}

export async function tree(context: Context, argument: string, options: TreeOptions) {
  const path = subtreeArgument(argument);
  formatOf(context, ['table']);
  const depth = options.level === undefined ? undefined : countArgument(options.level, '--level');
  const { entries, folders, revision } = await withClient(context, (client) =>
    client.list(path, depth === undefined ? {} : { depth }),
  );
  if (entries.length + folders.length === 0 && path !== ROOT)
    throw notFound(`there is nothing at or below ${path}`);

  const root: Branch = { children: new Map() };
  for (const entry of entries) branchAt(root, path, entry.path).value = entry.value;
  for (const folder of folders) if (isWithin(folder, path)) branchAt(root, path, folder).cut = true;
  const { stdout } = context.terminal;
  await stdout.write(draw(context, path, root));
  const whole = folders.length === 0 ? counted(entries.length, 'entry', 'entries') : 'cut off';
  notice(context, `${whole} at revision ${revision}`);
}

function branchAt(root: Branch, base: string, path: string): Branch {
  const below = relativeTo(path, base);
  let branch = root;
  for (const segment of below === '' ? [] : below.split('/')) {
    let child = branch.children.get(segment);
    if (child === undefined) {
      child = { children: new Map() };
      branch.children.set(segment, child);
    }
    branch = child;
  }
  return branch;
}

/** Entries came before what was cut off; the drawing mixes them. */
function inTreeOrder(children: ReadonlyMap<string, Branch>): [string, Branch][] {
  return [...children].sort(([a], [b]) => compareCodePoints(a, b));
}

function draw({ terminal }: Context, path: string, root: Branch): string {
  const { isTty, columns } = terminal.stdout;
  const width = isTty ? columns : Number.POSITIVE_INFINITY;
  const { dim } = paletteOf(terminal);
  const lines: string[] = [];

  function add(lead: string, name: string, branch: Branch, indent: string): void {
    const label = `${oneLine(name)}${branch.cut === true ? '/…' : ''}`;
    const room = Math.max(16, width - lead.length - label.length - 3);
    const value = branch.value === undefined ? '' : dim(` = ${oneLine(branch.value, room)}`);
    lines.push(`${lead}${label}${value}\n`);
    let left = branch.children.size;
    for (const [segment, child] of inTreeOrder(branch.children)) {
      left--;
      const [joint, below] = left === 0 ? ['└── ', '    '] : ['├── ', '│   '];
      add(indent + joint, segment, child, indent + below);
    }
  }

  add('', path, root, '');
  return lines.join('');
}
