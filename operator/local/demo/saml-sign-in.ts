import type { CacheProvider, Profile, SAML, SamlConfig } from '@node-saml/node-saml';
import { DEMO_SAML_CERTIFICATE, DEMO_SAML_KEY } from './saml-key.ts';

/** What a service provider does: signed requests over Redirect, answers checked by a library that is not ours. */

export interface DemoSamlClient {
  /** `namespace/name` of the SamlClient. */
  key: string;
  application: string;
  tenant: string;
  issuer: string;
  /** Of the application. */
  entityId: string;
  idp: SamlIdp;
}

export interface SamlIdp {
  entityId: string;
  singleSignOn: string;
  singleLogout: string;
  /** PEM; two while they change. */
  certificates: readonly string[];
}

/** What the assertion said. */
export interface SamlSignedIn {
  nameId: string;
  nameIdFormat: string;
  sessionIndex: string | undefined;
  issuer: string;
  attributes: Record<string, unknown>;
  xml: string;
  /** As the library wants it back. */
  profile: Profile;
}

/** One of a form, or of a query together with its text: that is what is signed there (Bindings, section 3.4.4.1). */
export interface SamlMessage {
  fields: URLSearchParams;
  query?: string;
}

export interface ServiceProvider {
  readonly metadata: () => Promise<string>;
  /** Where the browser goes; `relay` comes back with the answer. */
  begin(client: DemoSamlClient, relay: string, wish: { forceAuthn: boolean }): Promise<string>;
  /** Throws what node-saml throws; the message says what went wrong. */
  finish(client: DemoSamlClient, fields: URLSearchParams): Promise<SamlSignedIn>;
  signOut(client: DemoSamlClient, profile: Profile): Promise<string>;
  /** Who is to be signed out; undefined: it is the answer to a logout that began here. Throws what node-saml throws. */
  readLogout(client: DemoSamlClient, message: SamlMessage): Promise<Profile | undefined>;
  /** Where the browser takes the answer. */
  answerLogout(client: DemoSamlClient, request: Profile, relay: string): Promise<string>;
}

/** Its paths at the demo app. */
export const SAML_PATHS = { acs: '/saml/acs', slo: '/saml/slo', metadata: '/saml/metadata' } as const;

export function serviceProvider(origin: string): ServiceProvider {
  const own = {
    callbackUrl: origin + SAML_PATHS.acs,
    logoutCallbackUrl: origin + SAML_PATHS.slo,
    privateKey: DEMO_SAML_KEY,
    publicCert: DEMO_SAML_CERTIFICATE,
    identifierFormat: null,
    wantAssertionsSigned: true,
    signatureAlgorithm: 'sha256',
    digestAlgorithm: 'sha256',
  } as const;
  const requests = requestIds();
  const open = async (client: DemoSamlClient, wish: Partial<SamlConfig> = {}): Promise<SAML> => {
    const { SAML, ValidateInResponseTo } = await library();
    return new SAML({
      ...own,
      ...configOf(client),
      cacheProvider: requests,
      validateInResponseTo: ValidateInResponseTo.always,
      ...wish,
    });
  };
  return {
    metadata: async () => {
      const { generateServiceProviderMetadata } = await library();
      const issuer = origin + SAML_PATHS.metadata;
      return generateServiceProviderMetadata({ ...own, issuer, publicCerts: own.publicCert });
    },
    begin: async (client, relay, wish) => (await open(client, wish)).getAuthorizeUrlAsync(relay, undefined, {}),
    async finish(client, fields) {
      const { profile } = await (await open(client)).validatePostResponseAsync(Object.fromEntries(fields));
      if (profile === null) throw new Error('the tenant answered without signing anybody in');
      return signedInBy(profile);
    },
    signOut: async (client, profile) => (await open(client)).getLogoutUrlAsync(profile, '', {}),
    readLogout: async (client, message) => readLogout(await open(client, await forLogout()), message),
    answerLogout: async (client, request, relay) =>
      (await open(client)).getLogoutResponseUrlAsync(request, relay, {}, true),
  };
}

/** Loaded when the first person comes: the demo app of a folder without SAML never needs it. */
const library = () => import('@node-saml/node-saml');

/** A LogoutResponse in a form is looked up under the name of another element there, and then counts as one without. */
async function forLogout(): Promise<Partial<SamlConfig>> {
  const { ValidateInResponseTo } = await library();
  return { validateInResponseTo: ValidateInResponseTo.ifPresent };
}

function configOf({ entityId, idp }: DemoSamlClient): Pick<SamlConfig, 'issuer' | 'idpCert'> & Partial<SamlConfig> {
  return {
    issuer: entityId,
    audience: entityId,
    entryPoint: idp.singleSignOn,
    logoutUrl: idp.singleLogout,
    idpIssuer: idp.entityId,
    idpCert: [...idp.certificates],
    wantAuthnResponseSigned: true,
    disableRequestedAuthnContext: true,
    acceptedClockSkewMs: 5000,
  };
}

function signedInBy(profile: Profile): SamlSignedIn {
  return {
    nameId: profile.nameID,
    nameIdFormat: profile.nameIDFormat,
    sessionIndex: profile.sessionIndex,
    issuer: profile.issuer,
    attributes: { ...(profile['attributes'] as Record<string, unknown> | undefined) },
    xml: profile.getAssertionXml?.() ?? '',
    profile,
  };
}

async function readLogout(saml: SAML, { fields, query }: SamlMessage): Promise<Profile | undefined> {
  const container = Object.fromEntries([...fields.keys()].map(name => [name, fields.get(name) ?? '']));
  const isRequest = 'SAMLRequest' in container;
  if (query === undefined) {
    if (isRequest) return (await saml.validatePostRequestAsync(container)).profile;
    await saml.validatePostResponseAsync(container);
    return undefined;
  }
  // The library takes a message without a signature for a good one.
  if (!('Signature' in container)) throw new Error('the message is not signed');
  return (await saml.validateRedirectAsync(container, query)).profile ?? undefined;
}

const MOST = 1000;

/** Identifiers of requests that wait for an answer: one for all applications, since one address hears all answers. */
function requestIds(): CacheProvider {
  const begun = new Map<string, string>();
  return {
    async saveAsync(key, value) {
      if (begun.size >= MOST) begun.delete(begun.keys().next().value ?? '');
      begun.set(key, value);
      return { value, createdAt: Date.parse(value) };
    },
    getAsync: async key => begun.get(key) ?? null,
    removeAsync: async key => (key !== null && begun.delete(key) ? key : null),
  };
}
