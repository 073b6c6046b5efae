/** What can be typed at a place of the command line. */
export type Kind =
  | { readonly kind: 'path' }
  | { readonly kind: 'file' }
  | { readonly kind: 'context' }
  | { readonly kind: 'code' }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  /** Something of the user's own, such as a value or a time. */
  | { readonly kind: 'free' };

export interface OptionGrammar {
  /** `-o` and `--output`. */
  readonly names: readonly string[];
  readonly about: string;
  /** What it takes; `undefined` for a switch. */
  readonly takes: Kind | undefined;
}

/** A command as completion sees it: plain data, whatever library reads the command line. */
export interface CommandGrammar {
  readonly name: string;
  readonly about: string;
  readonly commands: readonly CommandGrammar[];
  readonly options: readonly OptionGrammar[];
  /** The last one may be given again where `isVariadic`. */
  readonly arguments: readonly Kind[];
  readonly isVariadic: boolean;
}
