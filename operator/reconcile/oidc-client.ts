import type { OidcClient } from '#crds/schema/kinds.ts';
import { CORE } from '#crds/wire/cluster.ts';
import { applicationSecretName } from '#operator/render/application-secret.ts';
import { issuerOf } from '#operator/render/issuer.ts';
import { removeApplication } from './application.ts';
import type { ClientKind } from './client.ts';
import { applyOidc } from './oidc-apply.ts';
import { gatherOidc, type OidcScene } from './oidc-gather.ts';
import { judgeOidc, type OidcFindings } from './oidc-judge.ts';
import { mintOidc } from './oidc-mint.ts';
import { renderOidc } from './oidc-render.ts';

/** OidcClient, as the steps of {@link ClientKind}: the only kind of client with a secret. */
export const OIDC_CLIENT: ClientKind<OidcClient, OidcScene, OidcFindings> = {
  kind: 'OidcClient',
  own: 'CredentialsReady',
  storeOf: world => world.oidcClients,
  isWatched: ({ watchSecrets }) => watchSecrets === true,
  gather: gatherOidc,
  judge: judgeOidc,
  async publish(house, scene, findings) {
    const material = await mintOidc(house, scene, findings);
    return applyOidc(house, scene, findings, renderOidc(house, scene, findings, material));
  },
  /** The Secret of a client with credentials stays, and with it the value: the credentials say where it lies. */
  async takeBack(house, { client, live, application }, { application: tenure }) {
    if (live.credentials !== undefined) return;
    const reader = house.readers.secrets;
    await removeApplication(house, { client, type: CORE.secrets, reader, application, tenure });
  },
  status({ settings }, { client, tenant, clientId }, { accepted, own, application }, common) {
    const isIn = tenant !== undefined && accepted.reason !== 'TenantNotAvailable';
    const hasSecret = own.status === 'True' && accepted.status === 'True' && application !== 'foreign';
    return {
      ...common,
      clientId,
      ...(isIn ? { issuer: issuerOf(tenant.spec.domain, settings.publicPort) } : {}),
      ...(hasSecret ? { secretName: applicationSecretName(client) } : {}),
    };
  },
};
