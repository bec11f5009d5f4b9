import type { ConfigMap, Kind, Secret } from '#crds/schema/kinds.ts';
import { CORE } from '#crds/wire/cluster.ts';
import type { Replica } from '#operator/rules/programmed.ts';
import { type Controller, createController, type Outcome } from '#operator/runtime/controller.ts';
import { keyOf } from '#operator/runtime/store.ts';
import { Awaiting } from './awaiting.ts';
import { clientReconciler } from './client.ts';
import { sayFailed } from './failed.ts';
import { type House, RECHECK_SECONDS } from './house.ts';
import { NamedReader } from './named-reader.ts';
import { OIDC_CLIENT } from './oidc-client.ts';
import type { Controllers, Parts } from './parts.ts';
import { Patience } from './patience.ts';
import { changedRejections, readReplicas } from './replicas.ts';
import { SAML_CLIENT } from './saml-client.ts';
import { sweep } from './sweep.ts';
import { reconcileTenant } from './tenant.ts';
import { createTriggers } from './triggers.ts';
import { createWorld, type ResourceStore, resourceOf, storesOf, type World, watchWorld } from './world.ts';

/**
 * Wires a controller per kind, and one that sweeps, to the changes of the world. The same controllers run against an
 * API server and, without a cluster, over a folder.
 */

type Name = Kind | 'Sweep';

/** How many keys of each run at once. A client is a few small writes; an API server takes some 32 at a time gladly. */
const CONCURRENCY: Record<Name, number> = { SsoTenant: 8, OidcClient: 32, SamlClient: 32, Sweep: 16 };

export function startControllers(parts: Parts, signal: AbortSignal): Controllers {
  const controllers = {} as Record<Name, Controller>;
  let replicas: Replica[] = [];
  const world: World = createWorld(
    createTriggers({
      world: () => world,
      enqueue: (kind, key, turn) => controllers[kind].enqueue(key, turn),
      enqueueAfter: (kind, key, seconds) => controllers[kind].enqueueAfter(key, seconds),
      sweep: uid => controllers.Sweep.enqueue(uid),
      replicasChanged: () => {
        const before = replicas;
        replicas = readReplicas(world.slices.list(), name =>
          world.leases.get(`${parts.settings.idpNamespace}/${name}`),
        );
        wakeAwaiting(house, changedRejections(before, replicas));
      },
    }),
    parts.settings,
  );
  const house = createHouse(parts, world, controllers, () => replicas);
  for (const [name, reconcile] of Object.entries(reconcilers(house)) as [Name, Reconcile][]) {
    const { clock, log, metrics, random = Math.random } = parts;
    const concurrency = CONCURRENCY[name];
    controllers[name] = createController({ name, concurrency, reconcile, clock, random, log, metrics, signal });
  }
  const all = Object.values(controllers);
  const synced = watchWorld(world, parts.cluster, parts.settings, signal).then(() => {
    for (const controller of all) controller.start();
  });
  return {
    synced,
    async idle() {
      await synced;
      while (!all.every(controller => controller.isIdle())) await Promise.all(all.map(controller => controller.idle()));
    },
    oldestRun: () =>
      all
        .map(controller => controller.oldestRun())
        .filter(at => at !== undefined)
        .sort((a, b) => a - b)[0],
  };
}

type Reconcile = (key: string) => Promise<Outcome>;

const RECONCILE: Record<Kind, (house: House, key: string) => Promise<Outcome>> = {
  SsoTenant: reconcileTenant,
  OidcClient: clientReconciler(OIDC_CLIENT),
  SamlClient: clientReconciler(SAML_CLIENT),
};

function reconcilers(house: House): Record<Name, Reconcile> {
  const stores = Object.entries(storesOf(house.world)) as [Kind, ResourceStore][];
  const kinds = stores.map(([kind, store]): [Kind, Reconcile] => [
    kind,
    key => RECONCILE[kind](house, key).catch((failure: unknown) => sayFailed(house, store, key, failure)),
  ]);
  return { ...(Object.fromEntries(kinds) as Record<Kind, Reconcile>), Sweep: uid => sweep(house, uid) };
}

function createHouse(
  parts: Parts,
  world: World,
  controllers: Record<Name, Controller>,
  replicas: () => readonly Replica[],
): House {
  const { cluster, clock, settings } = parts;
  // A little less than the wish to come back, so that each round reads anew.
  const reading = { cluster, clock, keepSeconds: (settings.secretRecheckSeconds ?? RECHECK_SECONDS) * 0.85 };
  return {
    ...parts,
    world,
    readers: {
      secrets: new NamedReader<Secret>({ ...reading, type: CORE.secrets, watched: world.brought }),
      configMaps: new NamedReader<ConfigMap>({ ...reading, type: CORE.configMaps, watched: world.broughtConfigMaps }),
    },
    awaiting: new Awaiting(),
    patience: new Patience(),
    replicas,
    proven: new Set(),
    keptKeys: new Map(),
    samlIdps: new WeakMap(),
    pending: new Map(),
    enqueue: (kind, key, turn) => controllers[kind].enqueue(key, turn),
  };
}

function wakeAwaiting(house: House, rejections: Set<string> | 'all'): void {
  for (const { kind, key } of house.awaiting.changed(house.replicas())) house.enqueue(kind, key, 'soon');
  if (rejections === 'all') {
    for (const store of Object.values(storesOf(house.world))) {
      for (const resource of store.list()) house.enqueue(resource.kind, keyOf(resource));
    }
    return;
  }
  for (const uid of rejections) {
    const owner = resourceOf(house.world, uid);
    if (owner !== undefined) house.enqueue(owner.kind, keyOf(owner), 'soon');
  }
}
