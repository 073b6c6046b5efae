import { commitProblem, sameEntry } from '../model/model.ts';
import {
  isBeginningOf,
  modelOf,
  type Observation,
  originOf,
  type Place,
  type Reader,
  type Truth,
  type Validator,
  type Violation,
} from './history.ts';

type Seen = Extract<Observation, { history: string }>;

/** The observations of a reader that speak of a revision. */
function* seen(reader: Reader): Generator<Seen> {
  for (const observation of reader.observations) if (observation.kind !== 'told') yield observation;
}

function revisionOf(observation: Seen): number {
  return observation.kind === 'commit' ? observation.commit.revision : observation.revision;
}

/** W1: what changes comes in the order of revisions. */
const ordered: Validator = function* (reader, truth) {
  let last: Place | undefined;
  for (const observation of seen(reader)) {
    if (observation.kind !== 'commit' && observation.kind !== 'change') continue;
    const { history } = observation;
    const revision = revisionOf(observation);
    if (last !== undefined && isBeginningOf(truth, last, history) && revision <= last.revision)
      yield { rule: 'W1', problem: `revision ${revision} came after ${last.revision}` };
    last = { history, revision };
  }
};

/** W2: no change comes twice. */
const unique: Validator = function* (reader, truth) {
  const known = new Set<string>();
  for (const observation of seen(reader)) {
    if (observation.kind !== 'commit') continue;
    const { history, commit } = observation;
    const { revision } = commit;
    for (const { path } of commit.changes) {
      const change = `${originOf(truth, { history, revision })} ${revision} ${path}`;
      if (known.has(change)) yield { rule: 'W2', problem: `${change} came twice` };
      known.add(change);
    }
  }
};

/** W3: between two commits of an event watch nothing is missing, unless it was told. */
const reliable: Validator = function* (reader, truth) {
  let from: Place | undefined;
  for (const observation of reader.observations) {
    if (observation.kind === 'started') from = observation;
    else if (observation.kind === 'told') from = undefined;
    else if (observation.kind === 'commit') {
      const { history, commit } = observation;
      if (from !== undefined && !isBeginningOf(truth, from, history))
        yield {
          rule: 'W3',
          problem: `it came from ${from.history} at ${from.revision} to ${history} without a word`,
        };
      else if (from !== undefined)
        for (let missed = from.revision + 1; missed < commit.revision; missed++)
          if (modelOf(truth, history).changesAt(missed, reader.subtree).length > 0)
            yield {
              rule: 'W3',
              problem: `revision ${missed} is missing before ${commit.revision}`,
            };
      from = { history, revision: commit.revision };
    }
  }
};

/** W4: commits are whole, and what a mirror shows is the state of exactly one revision. */
const atomic: Validator = function* (reader, truth) {
  for (const observation of seen(reader)) {
    const model = modelOf(truth, observation.history);
    if (observation.kind === 'commit') {
      const problem = commitProblem(model, observation.commit, reader.subtree);
      if (problem !== undefined) yield { rule: 'W4', problem };
    } else if (observation.kind !== 'started') {
      const expected = model.subtreeAt(observation.revision, reader.subtree);
      const differing = observation.entries.filter(({ path, ...entry }) => {
        const held = expected.get(path);
        return held === undefined || !sameEntry(held, entry);
      });
      if (differing.length > 0 || expected.size !== observation.entries.length)
        yield {
          rule: 'W4',
          problem: `at revision ${observation.revision} it shows ${observation.entries.length} entries, ${differing.length} of them wrong, instead of ${expected.size}`,
        };
    }
  }
};

/** W4, W7: applying each reported change to what was shown before gives what is shown after. */
const changesAddUp: Validator = function* (reader) {
  let shown: Map<string, number> | undefined;
  for (const observation of seen(reader)) {
    if (observation.kind !== 'change' && observation.kind !== 'read') continue;
    const now = new Map(observation.entries.map(({ path, modRevision }) => [path, modRevision]));
    const before = shown;
    shown = now;
    if (observation.kind === 'read' || before === undefined) continue;
    for (const change of observation.changes) {
      if (change.prev?.modRevision !== before.get(change.path))
        yield { rule: 'W4', problem: `${change.path} is reported with a wrong prev` };
      if (change.type === 'put') before.set(change.path, change.entry.modRevision);
      else before.delete(change.path);
    }
    if (JSON.stringify([...before].sort()) !== JSON.stringify([...now].sort()))
      yield { rule: 'W7', problem: `the changes of ${observation.revision} do not add up` };
  }
};

/** W9: no reader ever sees an older revision of a history than it has seen. */
const monotonic: Validator = function* (reader, truth) {
  const newest = new Map<string, number>();
  /** Of what was seen of the history that this one left, it has all up to there. */
  const newestOf = (history: string): number => {
    const { fork } = modelOf(truth, history);
    const common = fork === undefined ? 0 : Math.min(fork.revision, newestOf(fork.history));
    return Math.max(common, newest.get(history) ?? 0);
  };
  for (const observation of seen(reader)) {
    const revision = revisionOf(observation);
    const before = newestOf(observation.history);
    if (revision < before) yield { rule: 'W9', problem: `${revision} was seen after ${before}` };
    newest.set(observation.history, Math.max(before, revision));
  }
};

const validators: readonly Validator[] = [
  ordered,
  unique,
  reliable,
  atomic,
  changesAddUp,
  monotonic,
];

/** Everything that the readers saw and should not have seen. */
export function validate(readers: Iterable<Reader>, truth: Truth): Violation[] {
  const violations: Violation[] = [];
  for (const reader of readers)
    for (const validator of validators)
      for (const found of validator(reader, truth))
        violations.push({ ...found, reader: reader.name });
  return violations;
}
