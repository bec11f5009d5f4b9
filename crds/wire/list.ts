import type { KubeObject } from '#crds/schema/kinds.ts';
import { type ResourceType, type WatchScope, WireError } from './cluster.ts';
import { collectionPath, withQuery } from './paths.ts';
import { strip } from './strip.ts';
import type { Transport } from './transport.ts';

/** A consistent list in pages of 500, for API servers without WatchList. */

const PAGE = '500';

interface ListAnswer<T> {
  metadata: { resourceVersion: string; continue?: string };
  items: T[];
}

export interface Listed<T> {
  items: T[];
  resourceVersion: string;
}

export async function listPages<T extends KubeObject>(
  transport: Transport,
  type: ResourceType,
  scope: WatchScope,
  signal: AbortSignal,
): Promise<Listed<T>> {
  try {
    return await list<T>(transport, type, { ...scope, limit: PAGE }, signal);
  } catch (error) {
    // The pages took longer than etcd keeps history: once in one piece.
    if (!(error instanceof WireError) || error.code !== 'Expired') throw error;
    return list<T>(transport, type, { ...scope, limit: undefined }, signal);
  }
}

async function list<T extends KubeObject>(
  transport: Transport,
  type: ResourceType,
  query: WatchScope & { limit: string | undefined },
  signal: AbortSignal,
): Promise<Listed<T>> {
  const { namespace, labelSelector, fieldSelector, limit } = query;
  const items: T[] = [];
  let next: string | undefined;
  for (;;) {
    signal.throwIfAborted();
    const path = withQuery(collectionPath(type, namespace), { labelSelector, fieldSelector, limit, continue: next });
    const page = (await transport.request({ method: 'GET', path })) as ListAnswer<T>;
    for (const item of page.items) items.push(strip(type, item));
    next = page.metadata.continue === '' ? undefined : page.metadata.continue;
    if (next === undefined) return { items, resourceVersion: page.metadata.resourceVersion };
  }
}
