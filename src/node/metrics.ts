import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';

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
