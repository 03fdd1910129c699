import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** A value that is read when metrics are scraped. Undefined = not known (the sample is left out). */
export interface MetricSource {
  /** Prometheus name without the `tributary_` prefix; counters end in `_total`, units last. */
  name: string;
  help: string;
  read(): number | undefined;
}

/** A prom-client registry over values that the rooms already keep. */
export function createMetrics(sources: MetricSource[]): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'tributary_' });
  for (const source of sources) {
    new Gauge({
      name: `tributary_${source.name}`,
      help: source.help,
      registers: [registry],
      collect() {
        const value = source.read();
        this.reset();
        if (value !== undefined) this.set(value);
      },
    });
  }
  return registry;
}

const RPC_DURATION_BUCKETS_SECONDS = [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10];

/** Counts requests by method and outcome. @returns what `RpcDependencies.observeRequest` asks for */
export function rpcObserver(registry: Registry): (method: string, outcome: string, durationMs: number) => void {
  const duration = new Histogram({
    name: 'tributary_rpc_request_duration_seconds',
    help: 'JSON-RPC requests by method and outcome',
    labelNames: ['method', 'outcome'],
    buckets: RPC_DURATION_BUCKETS_SECONDS,
    registers: [registry],
  });
  return (method, outcome, durationMs) => duration.observe({ method, outcome }, durationMs / 1000);
}
