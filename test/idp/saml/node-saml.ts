import { SAML, type SamlConfig, ValidateInResponseTo } from '@node-saml/node-saml';
import { NAME_ID_FORMATS } from '#crds/shared/pure/saml/names.ts';
import { ACS, IDP, ISSUER, idpKey, SLO, SP, spKey } from './fixture.ts';

/** A service provider that is not ours. */

export function nodeSaml(wish: Partial<SamlConfig> = {}): SAML {
  return new SAML({
    entryPoint: `${ISSUER}/saml/sso`,
    logoutUrl: `${ISSUER}/saml/slo`,
    issuer: SP,
    callbackUrl: ACS,
    logoutCallbackUrl: SLO,
    idpCert: idpKey().certificatePem,
    idpIssuer: IDP,
    audience: SP,
    privateKey: spKey().keyPem,
    publicCert: spKey().certificatePem,
    signatureAlgorithm: 'sha256',
    digestAlgorithm: 'sha256',
    identifierFormat: NAME_ID_FORMATS.persistent,
    wantAssertionsSigned: true,
    wantAuthnResponseSigned: true,
    validateInResponseTo: ValidateInResponseTo.always,
    ...wish,
  });
}

/** Path and query at our side. */
export async function redirectRequest(sp: SAML, relayState: string): Promise<string> {
  const url = new URL(await sp.getAuthorizeUrlAsync(relayState, undefined, {}));
  return url.pathname + url.search;
}

export async function postRequest(sp: SAML, relayState: string): Promise<string> {
  const message = await sp.getAuthorizeMessageAsync(relayState, undefined, {});
  return new URLSearchParams(message as Record<string, string>).toString();
}
