import type { Context } from '../context.ts';
import { usageError } from '../failure.ts';

/** The output format asked for, out of those that the command has; the first is its default. */
export function formatOf<Name extends string>(
  { settings }: Context,
  formats: readonly [Name, ...Name[]],
): Name {
  const { output } = settings;
  if (output === undefined) return formats[0];
  const format = formats.find((name) => name === output);
  if (format !== undefined) return format;
  throw usageError(`-o ${output}: this command prints ${formats.join(', ')}`);
}

/** The formats for programs. */
export type DataFormat = 'json' | 'ndjson' | 'yaml';

/** Prints one document. */
export async function printData({ terminal }: Context, format: DataFormat, data: unknown) {
  await terminal.stdout.write(await textOf(format, data));
}

/** Prints a result for people, or as data; `-q` leaves out what is for people. */
export async function printResult(
  context: Context,
  format: 'table' | 'raw' | DataFormat,
  { text, raw, data }: { readonly text: string; readonly raw: number; readonly data: object },
): Promise<void> {
  const { terminal, settings } = context;
  if (format === 'table') {
    if (!settings.quiet) await terminal.stdout.write(`${text}\n`);
  } else if (format === 'raw') await terminal.stdout.write(`${raw}\n`);
  else await printData(context, format, data);
}

async function textOf(format: DataFormat, data: unknown): Promise<string> {
  switch (format) {
    case 'json':
      return `${JSON.stringify(data, null, 2)}\n`;
    case 'ndjson':
      return `${JSON.stringify(data)}\n`;
    case 'yaml': {
      const { formatYaml } = await import('../config-data/yaml.ts');
      return formatYaml(data);
    }
  }
}
