import type { Command } from 'commander';
import { type ContextOf, group } from './definition.ts';
import { addTokenKeeping } from './token-keeping.ts';
import { addTokenMaking } from './token-making.ts';
import { addTokenOffline } from './token-offline.ts';

export function addToken(program: Command, contextOf: ContextOf): void {
  const token = group(
    program,
    'token',
    'let somebody in: create, ls, show, rotate, disable, enable, rm, generate, recover',
  ).description(
    'A token says who somebody is, and its roles what they may do. It is shown once, when it is made; the ' +
      'server keeps a hash of it. It is named by its id or its name.',
  );
  addTokenMaking(token, contextOf);
  addTokenKeeping(token, contextOf);
  addTokenOffline(token, contextOf);
}
