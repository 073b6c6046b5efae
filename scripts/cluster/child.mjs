import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * What does not end when it is asked to is killed after this. A member that is the last one waits for others that
 * it could make leader, and nobody needs its data any more.
 */
const STOP_MS = 2_000;
const LOOK_MS = 50;
const LINES_SHOWN = 8;

/** A process that belongs to the cluster; what it says goes to a file. */
export class Child {
  wasReady = false;
  #how;
  #child;
  #log;

  constructor({ name, url, command: [program, ...args], log, env }) {
    this.name = name;
    this.url = url;
    this.#log = log;
    const file = openSync(log, 'w');
    // A group of its own: Ctrl-C in a terminal reaches all of a group at once, and the order would be lost.
    this.#child = spawn(program, args, { stdio: ['ignore', file, file], detached: true, env });
    closeSync(file);
    this.pid = this.#child.pid;
    /** Resolves, once it is gone, with how it ended. */
    this.gone = new Promise((resolve) => {
      const ended = (how) => {
        this.#how ??= how;
        resolve(this.#how);
      };
      this.#child.once('error', (error) => ended(error.message));
      this.#child.once('exit', (code, signal) => ended(signal ?? `exit code ${code}`));
    });
  }

  /** Resolves when `isReady` says yes; rejects with what it said when it ended before, or took too long. */
  async until(isReady, withinMs) {
    const startedAt = performance.now();
    while (!(await isReady())) {
      if (this.#how !== undefined)
        throw new Error(`${this.name} ended (${this.#how})${this.#last()}`);
      if (performance.now() - startedAt > withinMs)
        throw new Error(`${this.name} is not there after ${withinMs / 1000} s${this.#last()}`);
      await pause(LOOK_MS);
    }
    this.wasReady = true;
  }

  said() {
    return readFileSync(this.#log, 'utf8');
  }

  signal(signal) {
    if (this.#how === undefined) this.#child.kill(signal);
  }

  async stop() {
    this.signal('SIGTERM');
    const timer = setTimeout(() => this.signal('SIGKILL'), STOP_MS);
    await this.gone;
    clearTimeout(timer);
  }

  #last() {
    const lines = this.said().trimEnd().split('\n').slice(-LINES_SHOWN);
    return lines.join('') === '' ? '' : `; the last that it said:\n  ${lines.join('\n  ')}`;
  }
}
