import { byLabel, counted, type Metric, single } from './metric.ts';

/** Who watches, how far they are, and what they are sent. */
export const watchMetrics: readonly Metric[] = [
  {
    name: 'confer_watches',
    type: 'gauge',
    help: 'Open watches: live ones have everything, lagging ones are behind, syncing ones have yet to be brought up to date for the first time.',
    labels: ['mode', 'state'],
    read: ({ core }) =>
      core.watches.map(({ mode, standing: state, count: value }) => ({
        labels: { mode, state },
        value,
      })),
  },
  {
    name: 'confer_watch_groups',
    type: 'gauge',
    help: 'Different watches: a frame is encoded once for all who are in one.',
    ...single(({ core }) => core.watchGroups),
  },
  {
    name: 'confer_lag_revisions_max',
    type: 'gauge',
    help: 'By how many revisions the watch is behind that is furthest behind.',
    ...single(({ core }) => core.lagRevisions),
  },
  {
    name: 'confer_watches_opened_total',
    type: 'counter',
    help: 'Watches that were opened.',
    ...single(({ counters }) => counters.watchesOpened),
  },
  {
    name: 'confer_watches_refused_total',
    type: 'counter',
    help: 'Watches that were asked for and refused.',
    ...single(({ counters }) => counters.watchesRefused),
  },
  {
    name: 'confer_watches_fell_behind_total',
    type: 'counter',
    help: 'Times that a live watch could not be sent a batch, because its connection took no more or the batch was too large for all at once.',
    ...single(({ counters }) => counters.watchesFellBehind),
  },
  {
    name: 'confer_watches_caught_up_total',
    type: 'counter',
    help: 'Times that such a watch was live again.',
    ...single(({ counters }) => counters.watchesCaughtUp),
  },
  {
    name: 'confer_resyncs_total',
    type: 'counter',
    help: 'State watches that could not go on from their position and got a snapshot.',
    ...byLabel('reason', (figures) => counted('resyncs', figures)),
  },
  {
    name: 'confer_event_watches_ended_total',
    type: 'counter',
    help: 'Event watches that ended because history does not reach back to their position.',
    ...byLabel('reason', (figures) => counted('eventWatchesEnded', figures)),
  },
  {
    name: 'confer_watches_revoked_total',
    type: 'counter',
    help: 'Watches that ended because their readers may not read them any more.',
    ...single(({ counters }) => counters.watchesRevoked),
  },
  {
    name: 'confer_fanout_seconds',
    type: 'histogram',
    help: 'From when a batch of commits was durable until the last live watch of it was sent it.',
    ...single(({ measures }) => measures.fanOutSeconds.read()),
  },
  {
    name: 'confer_changes_delivered_total',
    type: 'counter',
    help: 'Changes that were handed to live watches, each as often as it was.',
    ...single(({ counters }) => counters.changesDelivered),
  },
  {
    name: 'confer_catch_up_steps_total',
    type: 'counter',
    help: 'Steps of bringing watches up to date that are not live, of which each sends about a frame.',
    ...single(({ counters }) => counters.catchUpSteps),
  },
  {
    name: 'confer_frames_sent_total',
    type: 'counter',
    help: 'Frames of watches that were handed to connections.',
    ...single(({ measures }) => measures.framesSent),
  },
  {
    name: 'confer_bytes_sent_total',
    type: 'counter',
    help: 'Bytes of those frames.',
    ...single(({ measures }) => measures.bytesSent),
  },
];
