import type { Condition, Verdict } from '#crds/schema/conditions.ts';
import { ANNOTATIONS } from '#crds/schema/group.ts';
import type { Client, ConfigMap } from '#crds/schema/kinds.ts';
import { isForgotten, type Replica, wantedOf } from '#operator/rules/programmed.ts';
import { summarize } from '#operator/rules/summary.ts';
import type { Outcome } from '#operator/runtime/controller.ts';
import { keyOf, type ObjectStore } from '#operator/runtime/store.ts';
import type { ClientScene } from './client-scene.ts';
import { withdrawClient } from './client-withdraw.ts';
import { type House, LONGEST_SECONDS, MISSING_SECONDS, RECHECK_SECONDS, soonest } from './house.ts';
import type { ReconcileSettings } from './parts.ts';
import { type Applied, watchReplicas } from './programmed.ts';
import { writeStatus } from './status.ts';
import { NOT_WRITTEN } from './verdicts.ts';
import type { World } from './world.ts';

/**
 * Reconciles one client of any kind: gather -> rules -> publish, withdraw or keep -> summarize. A client costs itself
 * and one look at its tenant, whatever the size of the tenant. What a kind does differently is its {@link ClientKind}.
 */

/** What is done for a client that is let in, is not, or has to wait: then what is live stays live. */
export type Next = 'publish' | 'withdraw' | 'keep';

export const NEXT: Record<Verdict['status'], Next> = { True: 'publish', False: 'withdraw', Unknown: 'keep' };

/** What the rules of every kind must say. */
export interface ClientFindings {
  accepted: Verdict;
  next: Next;
  /** Of the condition that only this kind has. */
  own: Verdict;
  advisory: Verdict | undefined;
  /** true: nothing outside the IdP's namespace is looked at for now. */
  rests: boolean;
  /** true: something outside is to be mended by a person; it is looked at again soon. */
  isUnfit: boolean;
  /** Milliseconds since the epoch at which the verdict changes by itself. */
  wakeAt: number | undefined;
}

/** The part of a status that every kind has. */
interface Common {
  observedGeneration: number;
  conditions: Condition[];
}

/** A kind of client, as the steps in which it differs from the others. */
export interface ClientKind<C extends Client, S extends ClientScene<C>, F extends ClientFindings> {
  kind: C['kind'];
  /** The condition between Accepted and Programmed. */
  own: 'CredentialsReady' | 'MetadataReady';
  storeOf: (world: World) => ObjectStore<C>;
  /** What it reads outside the IdP's namespace tells of its changes. */
  isWatched: (settings: ReconcileSettings) => boolean;
  gather: (house: House, client: C) => Promise<S>;
  judge: (scene: S, now: number) => F;
  /** Mints, renders and writes. */
  publish: (house: House, scene: S, findings: F) => Promise<Applied>;
  /** Takes away what lies beside a client that is withdrawn and that nothing else would tell of. */
  takeBack: (house: House, scene: S, findings: F) => Promise<void>;
  status: (house: House, scene: S, findings: F, common: Common) => NonNullable<C['status']>;
}

export function clientReconciler<C extends Client, S extends ClientScene<C>, F extends ClientFindings>(
  kind: ClientKind<C, S, F>,
): (house: House, key: string) => Promise<Outcome> {
  return async (house, key) => {
    house.awaiting.clear(kind.kind, key);
    const store = kind.storeOf(house.world);
    const client = store.get(key);
    if (client === undefined || client.metadata.annotations?.[ANNOTATIONS.reconcile] === 'disabled') return {};
    const scene = await kind.gather(house, client);
    const findings = kind.judge(scene, house.clock.now());
    const steps: Record<Next, () => Promise<Verdict>> = {
      publish: async () => {
        const applied = await kind.publish(house, scene, findings);
        return watchReplicas(house, client, applied).verdict;
      },
      withdraw: () => withdraw(house, scene, () => kind.takeBack(house, scene, findings)),
      keep: async () => NOT_WRITTEN,
    };
    const programmed = await steps[findings.next]();
    const order = ['Accepted', kind.own, 'Programmed'];
    const verdicts = { Accepted: findings.accepted, [kind.own]: findings.own, Programmed: programmed };
    const common = commonStatus(client, { order, verdicts, advisory: findings.advisory, now: house.clock.now() });
    const patience = house.patience.left(scene.uid, common.conditions, house.clock.now());
    if (patience > 0) return { requeueAfter: patience };
    await writeStatus(house, store, client, kind.status(house, scene, findings, common));
    return comeBack(house, scene.uid, findings, kind.isWatched(house.settings));
  };
}

type Said = Pick<Parameters<typeof summarize<string>>[0], 'order' | 'verdicts' | 'advisory' | 'now'>;

function commonStatus({ metadata, status }: Client, said: Said): Common {
  const generation = metadata.generation ?? 0;
  return {
    observedGeneration: generation,
    conditions: summarize<string>({ ...said, previous: status?.conditions ?? [], generation }),
  };
}

async function withdraw(house: House, scene: ClientScene<Client>, takeBack: () => Promise<void>): Promise<Verdict> {
  const left = await withdrawClient(house, scene, takeBack);
  if (left !== undefined) awaitForgotten(house, scene, left);
  return NOT_WRITTEN;
}

function awaitForgotten(house: House, { client, uid }: ClientScene<Client>, left: ConfigMap): void {
  const wanted = wantedOf(uid, left, []);
  const judge = (replicas: readonly Replica[]) => String(isForgotten(replicas, wanted));
  house.awaiting.set(client.kind, keyOf(client), judge, house.replicas());
  // Nobody left to wait for, or everybody knows already: no Lease will change to say so.
  if (isForgotten(house.replicas(), wanted)) house.enqueue(client.kind, keyOf(client), 'soon');
}

function comeBack(house: House, uid: string, findings: ClientFindings, isWatched: boolean): Outcome {
  const { settings, readers, clock } = house;
  const { rests, isUnfit, wakeAt } = findings;
  const wake = wakeAt === undefined ? undefined : Math.min(LONGEST_SECONDS, (wakeAt - clock.now()) / 1000);
  if (isWatched || rests) return soonest(house, [wake]);
  // Somebody may be mending it at this moment: the next look is a fresh one.
  if (isUnfit) for (const reader of Object.values(readers)) reader.forget(uid);
  return soonest(house, [
    wake,
    settings.secretRecheckSeconds ?? RECHECK_SECONDS,
    isUnfit ? (settings.missingSecretSeconds ?? MISSING_SECONDS) : undefined,
  ]);
}
