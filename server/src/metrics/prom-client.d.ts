declare module 'prom-client/lib/cluster.js' {
  /** What writes pages, of metrics that are handed in as they are. */
  export default class AggregatorRegistry {
    static readonly PROMETHEUS_CONTENT_TYPE: string;
    static aggregate(metrics: readonly (readonly object[])[]): AggregatorRegistry;
    metrics(): Promise<string>;
  }
}
