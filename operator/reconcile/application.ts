import { type ANNOTATIONS, LABELS } from '#crds/schema/group.ts';
import type { Client, KubeObject } from '#crds/schema/kinds.ts';
import type { ResourceType } from '#crds/wire/cluster.ts';
import { uidOf } from '#operator/render/child.ts';
import type { Tenure } from '#operator/rules/tenure.ts';
import { Superseded } from '#operator/runtime/failures.ts';
import { applyChild, type Child, ResourceTaken } from './apply.ts';
import type { House } from './house.ts';
import { type NamedReader, readingOf } from './named-reader.ts';

/** The one object that is written for the application, beside its client: where it lies, and how it comes and moves. */

/** As it stands under its wished name, and under the name that it had before. */
export interface Application<T extends KubeObject> {
  wished: T | undefined;
  former: T | undefined;
  /** Where it may lie besides its wished name, as the children say. */
  formerName: string | undefined;
  /** Nobody looked: the client is new, so that it is taken to be free until the API server says otherwise. */
  isAssumed?: true;
}

/** Where it is written down to lie. While its wished name is taken by somebody else, its former place is not forgotten. */
export function placeOf({ formerName }: Application<KubeObject>, tenure: Tenure, wished: string): string {
  return tenure === 'foreign' ? (formerName ?? wished) : wished;
}

export interface Naming {
  wished: string;
  /** The children of the client that say where it was written last. */
  children: readonly (KubeObject | undefined)[];
  annotation: typeof ANNOTATIONS.applicationSecret | typeof ANNOTATIONS.output;
}

/**
 * Of a client that nothing was done for yet. To look first would cost a request for each client of a bulk; the write
 * finds out as well, and is then the first of all writes.
 */
export function assumeFree<T extends KubeObject>(
  reader: NamedReader<T>,
  client: Client,
  { wished, children }: Naming,
): Application<T> | undefined {
  const isNew = client.status?.conditions === undefined && children.every(child => child === undefined);
  if (!isNew || reader.knows(readingOf(client, wished))) return undefined;
  return { wished: undefined, former: undefined, formerName: undefined, isAssumed: true };
}

export async function gatherApplication<T extends KubeObject>(
  reader: NamedReader<T>,
  client: Client,
  { wished, children, annotation }: Naming,
): Promise<Application<T>> {
  const named = children.map(child => child?.metadata.annotations?.[annotation]);
  const before = named.find(name => name !== undefined && name !== wished);
  const present = await reader.read(readingOf(client, wished));
  const former = before === undefined ? undefined : await reader.read(readingOf(client, before));
  const isOurs = former?.metadata.labels?.[LABELS.ownerUid] === uidOf(client);
  return { wished: present, former: isOurs ? former : undefined, formerName: before };
}

export interface ApplicationPlace<T extends KubeObject> {
  client: Client;
  type: ResourceType;
  reader: NamedReader<T>;
  application: Application<T>;
  tenure: Tenure;
}

export interface ApplicationWrite<T extends Child> extends ApplicationPlace<T> {
  wish: T;
}

/** Takes away what is ours of it, wherever it lies. */
export async function removeApplication<T extends KubeObject>(
  { cluster }: House,
  { client, type, reader, application, tenure }: ApplicationPlace<T>,
): Promise<void> {
  for (const object of [tenure === 'ours' ? application.wished : undefined, application.former]) {
    if (object === undefined) continue;
    await cluster.delete(type, object.metadata.name, object.metadata.namespace, object.metadata.uid);
    reader.remember(readingOf(client, object.metadata.name), undefined);
  }
}

/** Nothing foreign is touched; what moved is taken away from its former place once it is at the new one. */
export async function applyApplication<T extends Child>(
  { cluster }: House,
  { client, type, reader, application, tenure, wish }: ApplicationWrite<T>,
): Promise<void> {
  if (tenure === 'foreign') return;
  const remove = async (object: T | undefined) => {
    if (object === undefined) return;
    await cluster.delete(type, object.metadata.name, object.metadata.namespace, object.metadata.uid);
  };
  if (tenure === 'predecessor') await remove(application.wished);
  const live = tenure === 'ours' ? application.wished : undefined;
  const reading = readingOf(client, wish.metadata.name);
  try {
    await applyChild({ cluster, type, live, wish, onReply: (object: T) => reader.remember(reading, object) });
  } catch (failure) {
    // What was kept of it is old: read it again next time.
    reader.remember(reading, undefined);
    if (application.isAssumed && (failure instanceof ResourceTaken || failure instanceof Superseded)) {
      await reader.read(reading);
      throw new Superseded(`${wish.kind} ${wish.metadata.name} is there already`, { cause: failure });
    }
    throw failure;
  }
  await remove(application.former);
}
