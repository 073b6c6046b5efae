/** The pages of a table, of what lmdb-js says of it. */
export function pagesOf(stats: object): number {
  const of = (name: string) => numberIn(stats, name);
  return of('treeBranchPageCount') + of('treeLeafPageCount') + of('overflowPages');
}

/** lmdb-js gives the numbers of `mdb_stat` without a type. */
export function numberIn(stats: object, name: string): number {
  const value: unknown = Reflect.get(stats, name);
  return typeof value === 'number' ? value : 0;
}
