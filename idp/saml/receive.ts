import type { SamlClientDocument } from '#crds/schema/live-config.ts';
import { SAML_ENDPOINTS } from '#crds/schema/saml-endpoints.ts';
import { BINDING_URIS } from '#crds/shared/pure/saml/names.ts';
import type { Answer } from './answer.ts';
import type { Received } from './bindings/binding.ts';
import { SamlError } from './errors.ts';
import { accept } from './inbound/accept.ts';
import { type AuthnRequest, readAuthnRequest } from './inbound/authn-request.ts';
import { contextsFor } from './outbound/authn-context.ts';
import type { StatusView } from './outbound/envelope.ts';
import { isGranted } from './outbound/name-id.ts';
import { type ParkedRequest, park } from './parked.ts';
import { respondWithError } from './respond.ts';
import type { Scope } from './scope.ts';

/** Step one of a sign-in: an AuthnRequest comes in, is checked, is put aside, and the browser goes to the door. */

/** Throws SamlError, StoreUnavailable. */
export async function receive(received: Received, scope: Scope): Promise<Answer> {
  const { message, client, relayState } = await accept(received, {
    ...scope,
    now: scope.now(),
    endpoint: scope.tenant.document.issuer + SAML_ENDPOINTS.singleSignOn,
    expected: received.parameter === 'SAMLRequest' ? ['AuthnRequest'] : [],
  });
  const request = readAuthnRequest(message);
  const parked = { ...toPark(request, client, scope), relayState: relayState ?? null };
  const refusal = refusalOf(request, client);
  if (refusal !== undefined) return respondWithError(parked, refusal, { client, scope });
  const { id, cookie } = await park(scope.tenant, parked, scope);
  const location = await scope.door.start(scope.tenant, client, {
    forceAuthn: request.forceAuthn,
    isPassive: request.isPassive,
    contexts: request.requestedContext ? contextsFor(request.requestedContext) : [],
    relay: id,
  });
  return { kind: 'redirect', location, cookies: [cookie] };
}

function toPark(request: AuthnRequest, client: SamlClientDocument, scope: Scope): Omit<ParkedRequest, 'relayState'> {
  const { id: requestId, forceAuthn, isPassive, nameIdPolicy, requestedContext } = request;
  return {
    entityId: client.entityId,
    requestId,
    consumerUrl: consumerOf(request, client),
    forceAuthn,
    isPassive,
    nameIdPolicy,
    requestedContext,
    at: Math.floor(scope.now() / 1000),
  };
}

/**
 * The request chooses among the registered addresses and cannot name another (Profiles, section 4.1.4.1): otherwise the
 * assertion would go to whoever wrote the request. Nor is the refusal sent there.
 */
function consumerOf({ consumerUrl, consumerIndex }: AuthnRequest, client: SamlClientDocument): string {
  const registered = client.assertionConsumerServices;
  if (consumerUrl !== undefined && consumerIndex !== undefined)
    throw consumerUnknown(client, 'The request names an address in two ways.');
  const chosen = registered.find(service => {
    if (consumerUrl !== undefined) return service.url === consumerUrl;
    return consumerIndex === undefined ? service.isDefault : service.index === consumerIndex;
  });
  if (chosen === undefined)
    throw consumerUnknown(client, 'The request names an address for the answer that is not registered.');
  return chosen.url;
}

function consumerUnknown({ entityId }: SamlClientDocument, text: string): SamlError {
  return new SamlError('ConsumerUnknown', text, { entityId });
}

/** What we can never grant, said at once and not after a sign-in. */
function refusalOf(request: AuthnRequest, client: SamlClientDocument): StatusView | undefined {
  if ((request.protocolBinding ?? BINDING_URIS.POST) !== BINDING_URIS.POST)
    return { code: 'Requester', detail: 'UnsupportedBinding', message: 'Answers are sent by HTTP-POST only.' };
  if (request.namesSubject)
    return { code: 'Requester', detail: 'RequestUnsupported', message: 'A request cannot name its subject.' };
  if (!isGranted(request.nameIdPolicy, client))
    return {
      code: 'Requester',
      detail: 'InvalidNameIDPolicy',
      message: `This application is set up for NameID format ${client.nameId.format}.`,
    };
  if (request.requestedContext !== null && contextsFor(request.requestedContext).length === 0)
    return { code: 'Responder', detail: 'NoAuthnContext', message: 'None of the requested contexts can be met here.' };
  return undefined;
}
