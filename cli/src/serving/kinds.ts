import { durationOf } from '../context.ts';
import { isToken } from './shown.ts';

/** What the text of a setting has to be, and the value that it stands for. */
export interface Kind<Value> {
  /** What stands for it in the help, such as `<file>`; missing for a switch, whose flag takes nothing. */
  readonly placeholder?: string;
  /** What is expected, for whoever wrote something else. */
  readonly expects: string;
  /** What a file may write it as; more than one in a list where `isMany`. */
  readonly written: readonly ('string' | 'number' | 'boolean')[];
  /** The only texts there are. */
  readonly choices?: readonly string[];
  /** Several values: a list in a file, flags one after the other, commas in the environment. */
  readonly isMany?: true;
  /** A file or a directory: seen from where it is written, which a file does from its own directory. */
  readonly isPlace?: true;
  /** The value; `undefined` where the texts are none. There is one text, but where `isMany`. */
  read(texts: readonly string[]): Value | undefined;
}

/** A kind of one text. */
function single<Value>(
  kind: Omit<Kind<Value>, 'read'>,
  read: (text: string) => Value | undefined,
): Kind<Value> {
  return { ...kind, read: ([text = '']) => (text === '' ? undefined : read(text)) };
}

export function textKind(name: string): Kind<string> {
  return single({ placeholder: `<${name}>`, expects: 'text', written: ['string'] }, (text) => text);
}

function place(what: string): Kind<string> {
  const shape = {
    placeholder: `<${what}>`,
    expects: `the path of a ${what}`,
    written: ['string'],
  } as const;
  // A token in the place of its file would be in every message about the file.
  return { ...single(shape, (text) => (isToken(text) ? undefined : text)), isPlace: true };
}

export const file = place('file');
export const directory = place('directory');

const onOff: ReadonlyMap<string, boolean> = new Map([
  ['on', true],
  ['true', true],
  ['yes', true],
  ['off', false],
  ['false', false],
  ['no', false],
]);

export const yesNo: Kind<boolean> = single(
  { expects: 'true or false', written: ['boolean', 'string'] },
  (text) => onOff.get(text),
);

/** `on` and `off` as they are written on the command line; files may say true and false. */
export const onOrOff: Kind<boolean> = single(
  {
    placeholder: '<switch>',
    expects: 'on or off',
    written: ['boolean', 'string'],
    choices: ['on', 'off'],
  },
  (text) => onOff.get(text),
);

export function choice<const Name extends string>(
  placeholder: string,
  choices: readonly Name[],
): Kind<Name> {
  const expects = `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`;
  return single(
    { placeholder: `<${placeholder}>`, expects, written: ['string'], choices },
    (text) => choices.find((one) => one === text),
  );
}

export const count: Kind<number> = single(
  { placeholder: '<count>', expects: 'a whole number', written: ['number', 'string'] },
  (text) => {
    const number = Number(text);
    return /^[0-9]+$/.test(text) && Number.isSafeInteger(number) ? number : undefined;
  },
);

/** No time at all, whatever it is counted in. */
const NO_TIME = /^0(ms|s|m|h|d)?$/;

/** Milliseconds, of at most so many. `isNone`: 0 is one, too. */
export function time(
  most = { ms: Number.MAX_SAFE_INTEGER, text: '' },
  { isNone = false } = {},
): Kind<number> {
  const bound = most.text === '' ? '' : `, and at most ${most.text}`;
  const none = isNone ? '0s, ' : '';
  const expects = `a time such as ${none}500ms, 10s, 2m, 24h or 90d${bound}`;
  return single({ placeholder: '<time>', expects, written: ['string', 'number'] }, (text) => {
    if (isNone && NO_TIME.test(text)) return 0;
    const ms = Math.ceil(durationOf(text) ?? Number.NaN);
    return Number.isSafeInteger(ms) && ms <= most.ms ? ms : undefined;
  });
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

export const address: Kind<Address> = single(
  {
    placeholder: '<host:port>',
    expects: 'an address: HOST:PORT, such as 127.0.0.1:7480 or "[::1]:7480"',
    written: ['string'],
  },
  (text) => {
    const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:]+)):([0-9]+)$/.exec(text) ?? [];
    const host = bracketed ?? plain;
    const port = Number(digits);
    return host !== undefined && port <= 65_535 ? { host, port } : undefined;
  },
);

/** Several texts of one sort. */
export function many(placeholder: string, expects: string): Kind<readonly string[]> {
  return {
    placeholder: `<${placeholder}>`,
    expects,
    written: ['string'],
    isMany: true,
    read: (texts) => (texts.length > 0 && !texts.includes('') ? texts : undefined),
  };
}

/** Addresses of other servers. A password has no place in one, as addresses are printed. */
export const urls: Kind<readonly string[]> = {
  ...many('urls', 'addresses such as http://HOST:PORT, without a user and a password in them'),
  read: (texts) => {
    const each = texts.flatMap((text) => text.split(',')).map((text) => text.trim());
    const isWell = each.length > 0 && each.every((text) => URL.canParse(text) && !hasUser(text));
    return isWell ? each : undefined;
  },
};

function hasUser(text: string): boolean {
  const { username, password } = new URL(text);
  return username !== '' || password !== '';
}
