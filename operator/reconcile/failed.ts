import { CLIENT_CONDITIONS, SAML_CLIENT_CONDITIONS, TENANT_CONDITIONS, type Verdict } from '#crds/schema/conditions.ts';
import type { Kind } from '#crds/schema/kinds.ts';
import { WireError, type WireErrorCode } from '#crds/wire/cluster.ts';
import { summarize } from '#operator/rules/summary.ts';
import { unknown } from '#operator/rules/verdict.ts';
import type { Outcome } from '#operator/runtime/controller.ts';
import type { House } from './house.ts';
import { writeStatus } from './status.ts';
import { NOT_WRITTEN } from './verdicts.ts';
import type { ResourceStore } from './world.ts';

/** Says in the status what no step foresaw. What passes by itself (a conflict, a lost connection) is only retried. */

const LASTING = new Set<WireErrorCode>(['Forbidden', 'Invalid']);

const ORDER: Record<Kind, readonly string[]> = {
  SsoTenant: TENANT_CONDITIONS,
  OidcClient: CLIENT_CONDITIONS,
  SamlClient: SAML_CLIENT_CONDITIONS,
};

export async function sayFailed(house: House, store: ResourceStore, key: string, failure: unknown): Promise<Outcome> {
  const object = store.get(key);
  if (object === undefined || !(failure instanceof WireError) || !LASTING.has(failure.code)) throw failure;
  // The words of the API server may quote what was written; the code cannot.
  const verdict = unknown('ReconcileFailed', `The API server answered ${failure.code}. The operator's log says more.`);
  const previous = object.status?.conditions ?? [];
  const entries = ORDER[object.kind].map((type): [string, Verdict] => {
    const found = previous.find(condition => condition.type === type);
    if (type === 'Programmed') return [type, verdict];
    return [type, found === undefined ? NOT_WRITTEN : { ...found, reason: found.reason as Verdict['reason'] }];
  });
  const conditions = summarize({
    order: ORDER[object.kind],
    verdicts: Object.fromEntries(
      entries.map(([type, { status, reason, message }]) => [type, { status, reason, message }]),
    ),
    advisory: undefined,
    previous,
    generation: object.metadata.generation ?? 0,
    now: house.clock.now(),
  });
  const status = { ...object.status, conditions, observedGeneration: object.metadata.generation ?? 0 };
  await writeStatus(house, store, object, status);
  throw failure;
}
