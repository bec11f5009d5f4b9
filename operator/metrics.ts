import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Counts under the names that dashboards for controller-runtime know. Labels are controllers, never resources. */

export interface OperatorMetrics {
  registry: Registry;
  controllers: {
    added(controller: string): void;
    reconciled(controller: string, result: string, seconds: number): void;
    watch(controller: string, gauge: { depth(): number; active(): number }): void;
  };
  leading(isLeader: boolean): void;
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

function byController(registry: Registry) {
  const common = { labelNames: ['controller'] as const, registers: [registry] };
  const queue = { labelNames: ['name'] as const, registers: [registry] };
  return {
    total: new Counter({
      name: 'controller_runtime_reconcile_total',
      help: 'Reconciles by controller and result',
      labelNames: ['controller', 'result'] as const,
      registers: [registry],
    }),
    errors: new Counter({
      name: 'controller_runtime_reconcile_errors_total',
      help: 'Reconciles that failed',
      ...common,
    }),
    time: new Histogram({
      name: 'controller_runtime_reconcile_time_seconds',
      help: 'Length of a reconcile',
      buckets: SECONDS,
      ...common,
    }),
    adds: new Counter({ name: 'workqueue_adds_total', help: 'Keys added to a queue', ...queue }),
    retries: new Counter({ name: 'workqueue_retries_total', help: 'Keys that came back', ...queue }),
  };
}

export function createMetrics(): OperatorMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const { total, errors, time, adds, retries } = byController(registry);
  const watched = new Map<string, { depth(): number; active(): number }>();
  const gauges = (name: string, help: string, label: 'controller' | 'name', read: 'depth' | 'active') =>
    new Gauge({
      name,
      help,
      labelNames: [label],
      registers: [registry],
      collect() {
        for (const [controller, gauge] of watched) this.set({ [label]: controller }, gauge[read]());
      },
    });
  gauges('workqueue_depth', 'Keys that wait for their turn', 'name', 'depth');
  gauges('controller_runtime_active_workers', 'Reconciles under way', 'controller', 'active');
  const leader = new Gauge({
    name: 'leader_election_master_status',
    help: '1: this process leads',
    registers: [registry],
  });
  return {
    registry,
    leading: isLeader => leader.set(isLeader ? 1 : 0),
    controllers: {
      added: controller => adds.inc({ name: controller }),
      watch: (controller, gauge) => void watched.set(controller, gauge),
      reconciled(controller, result, seconds) {
        total.inc({ controller, result });
        time.observe({ controller }, seconds);
        if (result === 'error') errors.inc({ controller });
        if (result !== 'success') retries.inc({ name: controller });
      },
    },
  };
}
