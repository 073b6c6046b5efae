import { verbs } from '@confer/shared';
import { type ArgumentType, oneOf } from '../validation/argument-types.ts';

/** One of the words for what may be done. */
export const aVerb: ArgumentType = oneOf(verbs);
