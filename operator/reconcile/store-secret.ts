import type { Secret } from '#crds/schema/kinds.ts';
import { type Cluster, CORE } from '#crds/wire/cluster.ts';
import { base64 } from '#operator/render/secret.ts';

/**
 * The password between the IdP and the store that is installed beside it: made once, by the operator rather than by the
 * chart, because a chart that is rendered by GitOps tools would make another one each time.
 */

export interface StoreSecretPlace {
  idpNamespace: string;
  /** undefined: the store is somebody else's. */
  storeSecret: string | undefined;
}

/** One that is there stays as it is, whoever made it. `random` gives 32 bytes. Throws WireError. */
export async function ensureStoreSecret(
  cluster: Cluster,
  { idpNamespace: namespace, storeSecret: name }: StoreSecretPlace,
  random: () => Buffer,
): Promise<void> {
  if (name === undefined || (await cluster.get(CORE.secrets, name, namespace)) !== undefined) return;
  const secret: Secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace },
    type: 'Opaque',
    data: { password: base64(random().toString('base64url')) },
  };
  await cluster.create(CORE.secrets, secret);
}
