import { durableWrites } from './durable-writes.ts';
import { fanOut } from './fan-out.ts';
import { memory } from './memory.ts';
import type { Scenario } from './scenario.ts';

export const scenarios: readonly Scenario[] = [fanOut, durableWrites, memory];
