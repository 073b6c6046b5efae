import { byLabel, counted, type Metric, single } from './metric.ts';

/** Who comes, who goes, and why. */
export const connectionMetrics: readonly Metric[] = [
  {
    name: 'confer_connections',
    type: 'gauge',
    help: 'Open WebSocket connections.',
    ...byLabel('transport', ({ core, build }) => [[build.transport, core.connections]]),
  },
  {
    name: 'confer_handshakes',
    type: 'gauge',
    help: 'Connections that have neither become WebSockets nor a request under way.',
    ...single(({ handshakes }) => handshakes),
  },
  {
    name: 'confer_connections_opened_total',
    type: 'counter',
    help: 'WebSocket connections that were accepted.',
    ...single(({ counters }) => counters.connectionsOpened),
  },
  {
    name: 'confer_connections_closed_total',
    type: 'counter',
    help: 'WebSocket connections that are over, whoever ended them.',
    ...single(({ counters }) => counters.connectionsClosed),
  },
  {
    name: 'confer_connections_refused_total',
    type: 'counter',
    help: 'Connections that were turned away before they were WebSockets.',
    ...byLabel('reason', (figures) => counted('connectionsRefused', figures)),
  },
  {
    name: 'confer_connections_ended_total',
    type: 'counter',
    help: 'WebSocket connections that the server ended, by the error code it ended them with.',
    ...byLabel('code', (figures) => counted('connectionsEnded', figures)),
  },
  {
    name: 'confer_connections_silent_total',
    type: 'counter',
    help: 'Of those ended as silent: no hello came (hello), no word (silent), or nothing that waited for them moved (stuck).',
    ...byLabel('cause', ({ counters }) => [
      ['hello', counters.helloTimeouts ?? 0],
      ['silent', counters.silentPeers ?? 0],
      ['stuck', counters.stuckPeers ?? 0],
    ]),
  },
  {
    name: 'confer_frames_refused_total',
    type: 'counter',
    help: 'Frames that ended their connection: too large, no text, no message, or out of turn.',
    ...single(({ counters }) => counters.framesRefused),
  },
  {
    name: 'confer_outbound_bytes',
    type: 'gauge',
    help: 'Bytes that wait in the server because their connections do not take them.',
    ...single(({ core }) => core.outboundBytes),
  },
  {
    name: 'confer_heartbeat_rtt_seconds',
    type: 'histogram',
    help: 'From when a heartbeat was sent until the client answered it.',
    ...single(({ measures }) => measures.heartbeatSeconds.read()),
  },
];
