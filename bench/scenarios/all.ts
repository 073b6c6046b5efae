import { conditional } from './conditional.ts';
import { configuration } from './configuration.ts';
import { durableWrites } from './durable-writes.ts';
import { fanOut } from './fan-out.ts';
import { latency } from './latency.ts';
import { memory } from './memory.ts';
import { mirror } from './mirror.ts';
import { reconnect } from './reconnect.ts';
import { resume } from './resume.ts';
import type { Scenario } from './scenario.ts';
import { snapshot } from './snapshot.ts';
import { stalled } from './stalled.ts';
import { subtrees } from './subtrees.ts';

export const scenarios: readonly Scenario[] = [
  fanOut,
  subtrees,
  latency,
  stalled,
  memory,
  durableWrites,
  conditional,
  snapshot,
  resume,
  reconnect,
  mirror,
  configuration,
];
