import { resolve } from 'node:path';
import { formatYaml } from '../config-data/yaml.ts';
import { originText } from './given.ts';
import type { Resolved } from './resolved.ts';
import type { Setting } from './setting.ts';
import { withoutSecrets } from './shown.ts';
import { allSettings } from './table.ts';

/** All settings as a file that says them, each line with where it comes from. */
export function printedSettings(settings: Resolved): string {
  const lines: string[] = [];
  const without: string[] = [];
  let group = '';
  for (const setting of allSettings) {
    const texts = settings.texts(setting);
    if (texts === undefined) {
      without.push(
        `# ${setting.name}${setting.otherwise === undefined ? '' : ` (${setting.otherwise})`}\n`,
      );
      continue;
    }
    const [above, key] = setting.name.includes('.')
      ? setting.name.split('.', 2)
      : ['', setting.name];
    if (above !== group && above !== '') lines.push(`${above}:\n`);
    group = above ?? '';
    const indent = above === '' ? '' : '  ';
    const given = settings.given(setting);
    const origin = given === undefined ? 'default' : originText(given.origin);
    lines.push(`${indent}${key}: ${written(setting, texts)} # ${origin}\n`);
  }
  return `${lines.join('')}# Without a value:\n${without.join('')}`;
}

/** On one line, as a flow of YAML. A path is whole, so that it means the same from another directory. */
function written({ kind }: Setting<unknown>, texts: readonly string[]): string {
  const whole = (text: string) => (kind.isPlace === true ? resolve(text) : text);
  const values = texts.map((text) =>
    scalar(kind.written[0] ?? 'string', withoutSecrets(whole(text))),
  );
  return kind.isMany === true ? `[${values.join(', ')}]` : values.join('');
}

/** What is nothing but text wherever it stands, and also to readers of YAML 1.1. */
const PLAIN = /^[A-Za-z/.][A-Za-z0-9_./:@+-]*$/;

function scalar(written: 'string' | 'number' | 'boolean', text: string): string {
  if (written !== 'string') return text;
  return PLAIN.test(text) && !text.endsWith(':')
    ? formatYaml(text).trimEnd()
    : JSON.stringify(text);
}
