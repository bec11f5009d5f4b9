import type { KubeObject } from '#crds/schema/kinds.ts';
import type { ResourceType } from './cluster.ts';

/** In place: drops what nobody here reads and is often larger than the rest, and names what lists leave out. */
export function strip<T extends KubeObject>({ apiVersion, kind }: ResourceType, object: T): T {
  object.apiVersion ??= apiVersion;
  object.kind ??= kind;
  delete (object.metadata as { managedFields?: unknown }).managedFields;
  return object;
}
