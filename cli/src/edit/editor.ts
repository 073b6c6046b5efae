import { spawn } from 'node:child_process';
import { exitCodes, Failure, Interrupted } from '../failure.ts';
import type { Terminal } from '../terminal.ts';

/** What a shell says that did not find its command. */
const NOT_FOUND = 127;

/** A command with options, and nothing that a shell would have to do more about. */
const PLAIN = /^[\w./+,:@%~-]+( +[\w./+,:@%=~-]+)*$/;

/**
 * What a shell runs, because an editor may have options: EDITOR="code --wait". The editor takes the place of the
 * shell: Ctrl-C goes to both, and a signal from here to the shell alone. Where the shell has more to do it stays, and
 * then Ctrl-C does not end it.
 */
function scriptFor(editor: string): string {
  return PLAIN.test(editor) ? `exec ${editor} "$@"` : `trap : INT; ${editor} "$@"`;
}

/** Has a person edit a file, with the editor of theirs. Resolves once it has ended well. */
export async function openEditor(terminal: Terminal, file: string): Promise<void> {
  const { env, signal } = terminal;
  const editor = env.VISUAL || env.EDITOR || 'vi';
  const code = await terminal.lend(
    () =>
      new Promise<number | undefined>((resolve, reject) => {
        const child = spawn('/bin/sh', ['-c', scriptFor(editor), editor, file], {
          stdio: 'inherit',
          env: { ...env },
        });
        const end = () => void child.kill();
        signal.addEventListener('abort', end);
        child.once('error', reject);
        child.once('exit', (exitCode) => {
          signal.removeEventListener('abort', end);
          resolve(exitCode ?? undefined);
        });
      }),
  );
  if (signal.aborted) throw new Interrupted(signal);
  if (code === 0) return;
  throw new Failure(
    exitCodes.other,
    'editor',
    `the editor (${editor}) ${code === undefined ? 'was ended' : `ended with ${code}`}; nothing was written`,
    code === NOT_FOUND ? 'set VISUAL or EDITOR to an editor that is installed' : undefined,
  );
}
