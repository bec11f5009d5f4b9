import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** What is counted. Labels are bounded: tenants yes, clients and people never. */

export interface ConfigurationFigures {
  tenants: number;
  clients: number;
  rejected: number;
  waiting: number;
  /** Epoch seconds of the last swap. */
  swappedAt: number;
}

export type StoreName = 'volatile' | 'durable';

interface StoreMetrics {
  isUp(is: boolean): void;
  failed(): void;
  isRefused(is: boolean): void;
}

export interface Metrics {
  signIn(tenant: string, outcome: string): void;
  answered(request: { method: string; status: number; seconds: number }): void;
  handshakeRefused(reason: string): void;
  documentRefused(code: string): void;
  swapped(): void;
  store(name: StoreName): StoreMetrics;
  expose(): Promise<{ contentType: string; text: string }>;
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS']);

export function createMetrics(figures: () => ConfigurationFigures): Metrics {
  const registers = [new Registry()];
  const [registry = new Registry()] = registers;
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, read: (now: ConfigurationFigures) => number): void => {
    void new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read(figures()));
      },
    });
  };
  gauge('sso_tenants', 'Tenants that are served.', now => now.tenants);
  gauge('sso_clients', 'Clients that are served.', now => now.clients);
  gauge('sso_config_rejected', 'Documents whose newest state is refused.', now => now.rejected);
  gauge('sso_config_waiting', 'Documents that wait for a Secret.', now => now.waiting);
  gauge('sso_config_swapped_timestamp_seconds', 'When the configuration last changed.', now => now.swappedAt);
  return {
    ...counters(registers),
    store: storeMetrics(registers),
    expose: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}

function counters(registers: Registry[]): Omit<Metrics, 'expose' | 'store'> {
  const counter = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Counter({ name, help, labelNames, registers });
  const signIns = counter('sso_login_total', 'Sign-ins that were tried, by outcome.', ['tenant', 'method', 'outcome']);
  const refused = counter('sso_tls_refused_total', 'Handshakes that were refused.', ['reason']);
  const documents = counter('sso_config_rejected_total', 'Documents that were refused.', ['code']);
  const swaps = counter('sso_config_generation', 'Swaps of the configuration since the start.', []);
  const requests = new Histogram({
    name: 'sso_http_request_duration_seconds',
    help: 'Requests, by method and class of status.',
    labelNames: ['method', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers,
  });
  return {
    signIn: (tenant, outcome) => signIns.inc({ tenant, method: 'password', outcome }),
    handshakeRefused: reason => refused.inc({ reason }),
    documentRefused: code => documents.inc({ code }),
    swapped: () => swaps.inc(),
    answered: ({ method, status, seconds }) =>
      requests.observe(
        { method: METHODS.has(method) ? method : 'other', status: `${Math.floor(status / 100)}xx` },
        seconds,
      ),
  };
}

function storeMetrics(registers: Registry[]): Metrics['store'] {
  const labelNames = ['store'];
  const up = new Gauge({
    name: 'sso_store_up',
    help: '1: the servers of the store can be reached.',
    labelNames,
    registers,
  });
  const failures = new Counter({
    name: 'sso_store_failures_total',
    help: 'Questions that the store did not answer.',
    labelNames,
    registers,
  });
  const refused = new Gauge({
    name: 'sso_store_refused',
    help: '1: the store does not keep what must be kept; the log says why.',
    labelNames,
    registers,
  });
  return store => ({
    isUp: is => up.set({ store }, Number(is)),
    failed: () => failures.inc({ store }),
    isRefused: is => refused.set({ store }, Number(is)),
  });
}
