import type { Condition, Reason, Verdict } from '#crds/schema/conditions.ts';

/**
 * Owns how verdicts become conditions in kstatus form: `Ready` summarises, `Reconciling` and `Stalled` exist only while
 * True, a transition time moves only with the status.
 */

/** These need a person: no retry of ours helps. */
const NEEDS_A_PERSON = new Set<Reason>([
  'Invalid',
  'DomainConflict',
  'ClientIdConflict',
  'QuotaExceeded',
  'TenantNotAvailable',
  'SecretNotReadable',
  'SecretInvalid',
  'ResourceConflict',
  'CertificateMissing',
  'CertificateInvalid',
  'CertificateKeyNotEcdsa',
  'IssuerNotAllowed',
  'CertManagerMissing',
  'IngressClassNotFound',
  'ControllerNotSupported',
  'UsersInvalid',
  'MetadataInvalid',
  'CertificateKeyNotRsa',
  'EntityIdConflict',
]);

/** In the order in which they are met. */
type Verdicts<Type extends string> = Record<Type, Verdict>;

const READY: Verdict = { status: 'True', reason: 'Succeeded', message: 'Live on every ready replica.' };

/** The first condition that is False decides, then the first that is Unknown. */
function readiness(verdicts: readonly Verdict[]): Verdict {
  return verdicts.find(it => it.status === 'False') ?? verdicts.find(it => it.status === 'Unknown') ?? READY;
}

export interface SummaryCase<Type extends string> {
  order: readonly Type[];
  verdicts: Verdicts<Type>;
  /** Absent: nothing to advise. */
  advisory: Verdict | undefined;
  previous: readonly Condition[];
  generation: number;
  /** Milliseconds since the epoch. */
  now: number;
}

function progress(ready: Verdict): [string, Verdict][] {
  if (ready.status === 'True') return [];
  const isStalled = ready.status === 'False' && NEEDS_A_PERSON.has(ready.reason);
  return [[isStalled ? 'Stalled' : 'Reconciling', { ...ready, status: 'True' }]];
}

export function summarize<Type extends string>(input: SummaryCase<Type>): Condition[] {
  const { order, verdicts, advisory, previous, generation, now } = input;
  const ready = readiness(order.map(type => verdicts[type]));
  const all: [string, Verdict][] = [
    ['Ready', ready],
    ...progress(ready),
    ...order.map((type): [string, Verdict] => [type, verdicts[type]]),
    ...(advisory === undefined ? [] : [['Advisory', advisory] satisfies [string, Verdict]]),
  ];
  return all.map(([type, verdict]) => {
    const before = previous.find(condition => condition.type === type);
    const lastTransitionTime = before?.status === verdict.status ? before.lastTransitionTime : stamp(now);
    return { type, observedGeneration: generation, lastTransitionTime, ...verdict };
  });
}

/** metav1.Time has whole seconds. */
function stamp(now: number): string {
  return `${new Date(now).toISOString().slice(0, 19)}Z`;
}
