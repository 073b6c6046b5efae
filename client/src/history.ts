import type { Client } from './api.ts';
import type { History } from './history/api.ts';
import { differences, readEntries } from './history/entries.ts';
import { readLog } from './history/log.ts';
import { PastReader } from './history/past-reader.ts';
import { Reading } from './history/reading.ts';
import { makeRevert, planRevert } from './history/revert.ts';
import { readVersions } from './history/versions.ts';
import { count, flag, object } from './validation/argument-types.ts';
import { checkArgument, checkOptions, checkPath, checkSubtree } from './validation/arguments.ts';
import { contextOf } from './watch/context.ts';

/**
 * The past of what a server holds, over the connection of a client: an entry of its own, so that who only reads and
 * writes does not load it.
 *
 * ```ts
 * const history = historyOf(client);
 * for await (const { revision, actor, changes } of history.log('/shop')) ...
 * const plan = await history.planRevert({ commit: 41 });
 * await history.revert(plan);
 * ```
 *
 * @throws {ConferError} `invalid_argument`, when what it is given was not made by `connect`.
 */
export function historyOf(client: Client): History {
  const context = contextOf(client);
  return {
    versions(path, options = {}) {
      checkPath(path);
      checkOptions(options, { at: count });
      const { at, ...wait } = options;
      const query = { path, ...(at === undefined ? {} : { at }) };
      return new Reading((onPage) => readVersions(new PastReader(context, wait), query, onPage));
    },
    log(path, options = {}) {
      checkSubtree(path);
      checkOptions(options, { at: count, values: flag });
      const { at, values = false, ...wait } = options;
      const query = { path, values, ...(at === undefined ? {} : { at }) };
      return new Reading((onPage) => readLog(new PastReader(context, wait), query, onPage));
    },
    entries(path, options = {}) {
      checkSubtree(path);
      checkOptions(options, { at: count });
      const { at, ...wait } = options;
      return readEntries(new PastReader(context, wait), {
        path,
        ...(at === undefined ? {} : { at }),
      });
    },
    difference(path, revisions, options = {}) {
      checkSubtree(path);
      checkArgument('revisions', revisions, object);
      const { from, to } = revisions;
      checkArgument('revisions.from', from, count);
      if (to !== undefined) checkArgument('revisions.to', to, count);
      const entries = (at: number | undefined) =>
        readEntries(new PastReader(context, options), {
          path,
          ...(at === undefined ? {} : { at }),
        });
      return differences(entries(from), entries(to));
    },
    async planRevert(target, options = {}) {
      checkArgument('a target', target, object);
      if (target.path !== undefined) checkSubtree(target.path);
      if ('to' in target) checkSubtree(target.path);
      checkArgument('a revision', 'to' in target ? target.to : target.commit, count);
      return planRevert(() => new PastReader(context, options), target);
    },
    async revert(plan, options = {}) {
      checkArgument('a plan', plan, object);
      checkOptions(options, { force: flag });
      return makeRevert(client, plan, options);
    },
  };
}

export type {
  CommitAbout,
  Difference,
  EntriesOptions,
  History,
  LaterChange,
  LoggedChange,
  LoggedCommit,
  LogOptions,
  PastOptions,
  PastReading,
  RevertOptions,
  RevertPlan,
  RevertStep,
  RevertTarget,
  Version,
} from './history/api.ts';
