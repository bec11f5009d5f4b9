import type { ReconcileSettings } from '#operator/reconcile/parts.ts';

/** What is fixed without a cluster. */

export const IDP_NAMESPACE = 'sso-idp';
export const IDP_SERVICE = 'sso-idp';
/** Name of the one replica. */
export const REPLICA = 'local';

export function localSettings(publicPort: number): ReconcileSettings {
  return {
    idpNamespace: IDP_NAMESPACE,
    idpService: IDP_SERVICE,
    publicPort,
    // RFC 6761 section 6.3: the name never leaves this machine. Any other domain would have to be proven.
    domainClaims: new Map([['localhost', ['*']]]),
    watchSecrets: true,
    watchConfigMaps: true,
    endsTlsItself: true,
  };
}
