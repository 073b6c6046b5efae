import { type Data, ROOT, unflatten } from '@confer/shared';
import { subtreeArgument } from '../arguments.ts';
import { formatEnvironment } from '../config-data/environment.ts';
import type { Context } from '../context.ts';
import { notFound } from '../failure.ts';
import { formatOf } from '../output/format.ts';
import { listingOf } from '../past/listing.ts';

export interface ExportOptions {
  readonly at?: string;
}

export async function exportSubtree(
  context: Context,
  argument: string,
  { at }: ExportOptions,
): Promise<void> {
  const path = subtreeArgument(argument);
  const format = formatOf(context, ['yaml', 'json', 'ndjson', 'env']);
  const { entries } = await listingOf(context, path, { at, query: {} });
  if (entries.length === 0 && path !== ROOT) throw notFound(`there is nothing at or below ${path}`);
  const { stdout } = context.terminal;
  const data: Data = unflatten(entries, path) ?? {};
  switch (format) {
    case 'yaml': {
      const { formatYaml } = await import('../config-data/yaml.ts');
      return stdout.write(formatYaml(data));
    }
    case 'json': {
      const { formatJson } = await import('../config-data/json.ts');
      return stdout.write(`${formatJson(data)}\n`);
    }
    case 'ndjson':
      return stdout.write(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
    case 'env':
      return stdout.write(formatEnvironment(entries, path));
  }
}
