import type { Kind } from './kinds.ts';

/** One thing that a server can be told, wherever that is done. */
export interface Setting<Value> {
  /** In the file, where a dot leads into a group: `tls.cert`. */
  readonly name: string;
  /** On the command line, without its dashes. */
  readonly flag: string;
  /** In the environment: the flag in capitals, behind `CONFER_`. */
  readonly variable: string;
  readonly kind: Kind<Value>;
  readonly help: string;
  /** The text that counts where nothing is said. */
  readonly initial: string | undefined;
  /** What there is where nothing is said and no text says it. */
  readonly otherwise: string | undefined;
  /** Whether a reload brings it into force; else it takes a restart. */
  readonly reloads: boolean;
}

/** A setting that always has a value. */
export interface Initialised<Value> extends Setting<Value> {
  readonly initial: string;
}

/** How a row of the table is written. */
interface Row<Value> {
  readonly name: string;
  /** Default: the name with dashes for its dots. */
  readonly flag?: string;
  readonly kind: Kind<Value>;
  readonly help: string;
  readonly initial?: string;
  readonly otherwise?: string;
  readonly reloads?: true;
}

export function setting<Value>(row: Row<Value> & { readonly initial: string }): Initialised<Value>;
export function setting<Value>(row: Row<Value>): Setting<Value>;
export function setting<Value>({
  initial,
  otherwise,
  reloads,
  ...row
}: Row<Value>): Setting<Value> {
  const flag = row.flag ?? row.name.replaceAll('.', '-');
  return {
    ...row,
    flag,
    variable: variableOf(flag),
    initial,
    otherwise,
    reloads: reloads === true,
  };
}

function variableOf(flag: string): string {
  return `CONFER_${flag.toUpperCase().replaceAll('-', '_')}`;
}
