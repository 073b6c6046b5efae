/*
 * How much of what could be tried a run tries. What always runs stays within its six minutes; with `CONFER_TEST_FULL=1`
 * it is some minutes more, parts of which `.ci/run` tries; with `CONFER_TEST_LONG=1` it is all there is, for hours.
 */

export const isLong = process.env.CONFER_TEST_LONG === '1';
export const isFull = isLong || process.env.CONFER_TEST_FULL === '1';
