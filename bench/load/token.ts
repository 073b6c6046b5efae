/** Who the load is, to a server that asks. One that does not ignores it, so that all say the same. */
export const BENCH_TOKEN = 'cfr_bench0000000_bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb0Gg2s8';

export const HELLO_TEXT = JSON.stringify({
  ...{ type: 'hello', version: 1, token: BENCH_TOKEN, client: { name: 'bench' } },
});
