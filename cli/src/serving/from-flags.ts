import { Layer } from './given.ts';
import { allSettings, CONFIG, SETTINGS } from './table.ts';

/** What the command line says, by the names that commander gives: `--tls-cert` is `tlsCert`. */
export type Flags = Readonly<Record<string, string | readonly string[] | boolean | undefined>>;

export function fromFlags(flags: Flags, directory: string): Layer {
  const layer = new Layer(directory);
  for (const setting of allSettings) {
    const { flag } = setting;
    const said = flags[flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())];
    if (said === undefined) continue;
    const texts = typeof said === 'object' ? said : [String(said)];
    layer.take(setting, texts, { kind: 'flag', flag });
  }
  if (flags.memory === true)
    layer.take(SETTINGS.engine, ['memory'], { kind: 'flag', flag: 'memory' });
  if (flags[CONFIG.flag] === '')
    layer.refuseEmpty(CONFIG.expects, { kind: 'flag', flag: CONFIG.flag });
  return layer;
}
