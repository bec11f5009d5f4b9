import { type Profile, SAML, type SamlConfig, ValidateInResponseTo } from '@node-saml/node-saml';
import { DEMO_SAML_CERTIFICATE, DEMO_SAML_KEY } from '#operator/local/demo/saml-key.ts';
import type { SamlIdp } from '#operator/local/demo/saml-sign-in.ts';
import { openPysaml2, type Pysaml2 } from './pysaml2.ts';
import { type BindingName, messageOfForm, type SamlSent } from './saml-message.ts';

/** Service providers that are not ours, behind one interface: node-saml and pysaml2. */

export interface SamlApplication extends AsyncDisposable {
  readonly name: string;
  signIn(relay: string): Promise<Outgoing>;
  /** The answer to a sign-in. Throws what the library throws. */
  accept(answer: SamlSent): Promise<SamlPerson>;
  signOut(): Promise<Outgoing>;
  /** The answer to its own logout. */
  signedOut(answer: SamlSent): Promise<void>;
  /** A logout that began elsewhere. */
  told(request: SamlSent): Promise<Outgoing>;
}

/** What the browser is to do. */
export type Outgoing = { location: string } | { action: string; fields: Record<string, string> };

export interface SamlPerson {
  nameId: string;
  format: string;
  sessionIndex: string;
  attributes: Record<string, unknown>;
}

export interface SamlApplicationOptions {
  name: string;
  /** How it asks, and how logout messages reach it. */
  binding: BindingName;
  idp: SamlIdp;
  /** Of the identity provider. */
  metadata: string;
}

export interface SamlApplicationPlace {
  entityId: string;
  acs: string;
  slo: string;
}

export function placeOf(name: string): SamlApplicationPlace {
  const origin = `https://${name}.example`;
  return { entityId: `${origin}/metadata`, acs: `${origin}/acs`, slo: `${origin}/slo` };
}

/** A SamlClient for it, as YAML. */
export function samlClientYaml(name: string, binding: BindingName, more = ''): string {
  const { entityId, acs, slo } = placeOf(name);
  return `apiVersion: sso-operator.dev/v1alpha1
kind: SamlClient
metadata: {name: ${name}, namespace: team-acme}
spec:
  tenantRef: {name: acme}
  entityId: ${entityId}
  assertionConsumerServices: [{url: ${acs}}]
  singleLogoutServices: [{url: ${slo}, binding: ${binding}}]
  certificates: [{pem: ${JSON.stringify(DEMO_SAML_CERTIFICATE)}}]
  attributes: [{name: mail, source: email}, {name: groups, source: groups}]
  access: {everyone: true}
${more}`;
}

export function openNodeSaml(options: SamlApplicationOptions): SamlApplication {
  const { name, binding } = options;
  const ids = requestIds();
  const sp = nodeSaml(options, { cacheProvider: ids });
  // A message in a form is not deflated; and this version looks for InResponseTo in a LogoutResponse of a form in vain.
  const forms = nodeSaml(options, { cacheProvider: ids, skipRequestCompression: true });
  const lax = nodeSaml(options, { cacheProvider: ids, validateInResponseTo: ValidateInResponseTo.ifPresent });
  let person: Profile | undefined;
  const readLogout = ({ binding, address, fields, parameter }: SamlSent) => {
    if (binding === 'Redirect') return sp.validateRedirectAsync(fields, address.search.slice(1));
    return parameter === 'SAMLRequest' ? sp.validatePostRequestAsync(fields) : lax.validatePostResponseAsync(fields);
  };
  return {
    name,
    async signIn(relay) {
      if (binding === 'Redirect') return { location: await sp.getAuthorizeUrlAsync(relay, undefined, {}) };
      const fields = (await forms.getAuthorizeMessageAsync(relay)) as Record<string, string>;
      return { action: options.idp.singleSignOn, fields };
    },
    async accept({ fields }) {
      const { profile } = await sp.validatePostResponseAsync(fields);
      if (profile === null) throw new Error('NoPassive');
      person = profile;
      return personOf(profile);
    },
    async signOut() {
      if (person === undefined) throw new Error('nobody is signed in');
      return { location: await sp.getLogoutUrlAsync(person, `bye-${name}`, {}) };
    },
    async signedOut(answer) {
      const { loggedOut } = await readLogout(answer);
      if (!loggedOut) throw new Error('not logged out');
    },
    async told(request) {
      const { profile } = await readLogout(request);
      if (profile === null || profile.sessionIndex !== person?.sessionIndex) throw new Error('somebody else is meant');
      return { location: await sp.getLogoutResponseUrlAsync(profile, request.fields['RelayState'] ?? '', {}, true) };
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** Strict in everything that it can check. */
export function nodeSaml({ name, idp }: Pick<SamlApplicationOptions, 'name' | 'idp'>, wish: Partial<SamlConfig>): SAML {
  const { entityId, acs, slo } = placeOf(name);
  return new SAML({
    issuer: entityId,
    audience: entityId,
    callbackUrl: acs,
    logoutCallbackUrl: slo,
    entryPoint: idp.singleSignOn,
    logoutUrl: idp.singleLogout,
    idpIssuer: idp.entityId,
    idpCert: [...idp.certificates],
    privateKey: DEMO_SAML_KEY,
    publicCert: DEMO_SAML_CERTIFICATE,
    signatureAlgorithm: 'sha256',
    digestAlgorithm: 'sha256',
    identifierFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
    wantAssertionsSigned: true,
    wantAuthnResponseSigned: true,
    validateInResponseTo: ValidateInResponseTo.always,
    ...wish,
  });
}

function personOf(profile: Profile): SamlPerson {
  return {
    nameId: profile.nameID,
    format: profile.nameIDFormat,
    sessionIndex: profile.sessionIndex ?? '',
    attributes: { ...(profile['attributes'] as Record<string, unknown>) },
  };
}

function requestIds(): SamlConfig['cacheProvider'] & object {
  const ids = new Map<string, string>();
  return {
    async saveAsync(key, value) {
      ids.set(key, value);
      return { value, createdAt: Date.now() };
    },
    getAsync: async key => ids.get(key) ?? null,
    removeAsync: async key => (ids.delete(key ?? '') ? key : null),
  };
}

export async function openPython(options: SamlApplicationOptions): Promise<SamlApplication> {
  const { name, binding, idp, metadata } = options;
  const key = { keyPem: DEMO_SAML_KEY, certificatePem: DEMO_SAML_CERTIFICATE };
  const sp = await openPysaml2({ ...placeOf(name), sloBinding: binding, idp: idp.entityId, metadata, key });
  const ask = async (command: Parameters<Pysaml2['do']>[0]): Promise<Outgoing> => outgoing(await sp.do(command));
  return {
    name,
    signIn: relay => ask({ do: 'login', binding, relay }),
    accept: async ({ fields }) =>
      (await sp.do({ do: 'acs', response: fields['SAMLResponse'] })) as unknown as SamlPerson,
    signOut: () => ask({ do: 'logout', binding }),
    async signedOut({ binding, fields }) {
      const { ok } = await sp.do({ do: 'logout_response', response: fields['SAMLResponse'], binding });
      if (ok !== true) throw new Error('not logged out');
    },
    told: ({ binding, fields }) =>
      ask({ do: 'logout_request', request: fields['SAMLRequest'], binding, relay: fields['RelayState'] ?? '' }),
    [Symbol.asyncDispose]: () => sp[Symbol.asyncDispose](),
  };
}

function outgoing({ location, page }: Record<string, unknown>): Outgoing {
  if (typeof location === 'string') return { location };
  const { address, fields } = messageOfForm(String(page));
  return { action: address.href, fields };
}
