import type { ServerFlags } from '../contexts/choose.ts';
import type { CommandGrammar, Kind, OptionGrammar } from './grammar.ts';

/** A word that can stand where the cursor is. */
export interface Candidate {
  readonly value: string;
  readonly about?: string;
}

/** What is looked for at the cursor. */
export type Wanted =
  | { readonly kind: 'words'; readonly candidates: readonly Candidate[] }
  /** `lead` is what stands before it in the same word: `--at=`. */
  | { readonly kind: 'value'; readonly of: Kind; readonly lead: string; readonly typed: string };

export interface Place {
  readonly wanted: Wanted;
  /** What was typed already of the server to ask. */
  readonly flags: ServerFlags;
}

const FLAGS: Readonly<Record<string, keyof ServerFlags>> = {
  '--url': 'url',
  '--ca': 'ca',
  '--cert': 'cert',
  '--key': 'key',
  '--token-file': 'tokenFile',
  '--context': 'context',
};

/**
 * Reads the words before the cursor as the command line will be read, and says what the word at it can be.
 * `words` are whole, without the name of the program.
 */
export function placeAt(program: CommandGrammar, words: readonly string[], current: string): Place {
  const reader = new Reader(program);
  for (const word of words) reader.read(word);
  return { wanted: reader.wantedFor(current), flags: reader.flags };
}

class Reader {
  readonly flags: { -readonly [Name in keyof ServerFlags]: ServerFlags[Name] } = {};
  /** From the program down to the command that the words lead to. */
  readonly #commands: CommandGrammar[];
  #arguments = 0;
  /** The option that the next word is for. */
  #open: OptionGrammar | undefined;
  #optionsEnded = false;

  constructor(program: CommandGrammar) {
    this.#commands = [program];
  }

  read(word: string): void {
    if (this.#open !== undefined) {
      this.#keep(this.#open, word);
      this.#open = undefined;
    } else if (word === '--') this.#optionsEnded = true;
    else if (!this.#optionsEnded && word.startsWith('-') && word !== '-') this.#readOption(word);
    else this.#readArgument(word);
  }

  wantedFor(current: string): Wanted {
    const { commands, arguments: kinds, isVariadic } = this.#command();
    if (this.#open?.takes !== undefined)
      return { kind: 'value', of: this.#open.takes, lead: '', typed: current };
    if (!this.#optionsEnded && current.startsWith('-')) return this.#optionWanted(current);
    if (commands.length > 0 && this.#arguments === 0)
      return startingWith(
        current,
        commands.map(({ name, about }) => ({ value: name, about })),
      );
    const last = isVariadic ? kinds.at(-1) : undefined;
    const of = kinds[this.#arguments] ?? last ?? { kind: 'free' };
    return { kind: 'value', of, lead: '', typed: current };
  }

  #optionWanted(current: string): Wanted {
    const equals = current.indexOf('=');
    if (equals !== -1) {
      const option = this.#option(current.slice(0, equals));
      const of = option?.takes ?? { kind: 'free' };
      const lead = current.slice(0, equals + 1);
      return { kind: 'value', of, lead, typed: current.slice(equals + 1) };
    }
    const known = new Map(
      this.#options().map(({ names, about }) => [
        names.at(-1) ?? '',
        { value: names.at(-1) ?? '', about },
      ]),
    );
    return startingWith(current, [...known.values()]);
  }

  #readOption(word: string): void {
    const equals = word.indexOf('=');
    const isLong = word.startsWith('--');
    const name = isLong ? word.slice(0, equals === -1 ? undefined : equals) : word.slice(0, 2);
    const option = this.#option(name);
    if (option?.takes === undefined) return;
    if (isLong && equals !== -1) this.#keep(option, word.slice(equals + 1));
    // `-ojson` has its value with it.
    else if (isLong || word.length === 2) this.#open = option;
  }

  #readArgument(word: string): void {
    const below = this.#command().commands.find(({ name }) => name === word);
    if (below !== undefined && this.#arguments === 0) this.#commands.push(below);
    else this.#arguments++;
  }

  #keep({ names }: OptionGrammar, value: string): void {
    const flag = FLAGS[names.at(-1) ?? ''];
    if (flag !== undefined) this.flags[flag] = value;
  }

  #option(name: string): OptionGrammar | undefined {
    return this.#options().find(({ names }) => names.includes(name));
  }

  /** Those of the command go before those of all commands. */
  #options(): OptionGrammar[] {
    return this.#commands.toReversed().flatMap(({ options }) => options);
  }

  #command(): CommandGrammar {
    const command = this.#commands.at(-1);
    if (command === undefined) throw new Error('there is no command to read');
    return command;
  }
}

function startingWith(typed: string, candidates: readonly Candidate[]): Wanted {
  return { kind: 'words', candidates: candidates.filter(({ value }) => value.startsWith(typed)) };
}
