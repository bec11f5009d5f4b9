import type { SamlClientDocument } from '#crds/schema/live-config.ts';
import type { XmlElement } from '#crds/shared/pure/xml/tree.ts';
import { type Answer, answerOf } from './answer.ts';
import { BINDINGS } from './bindings/index.ts';
import type { SignedIn } from './needs.ts';
import type { StatusView } from './outbound/envelope.ts';
import type { NameId } from './outbound/name-id.ts';
import { errorResponse, successResponse } from './outbound/response.ts';
import type { ParkedRequest } from './parked.ts';
import { newId, type Scope } from './scope.ts';

/** Every answer to an AuthnRequest leaves here, by HTTP-POST to an address that is registered. */

export interface Granted {
  signedIn: SignedIn;
  nameId: NameId;
  contextClass: string;
}

export interface Answering {
  client: SamlClientDocument;
  scope: Scope;
}

/** Throws XmlError Unwritable. */
export function respondWithAssertion(request: ParkedRequest, granted: Granted, { client, scope }: Answering): Answer {
  const { signedIn, nameId, contextClass } = granted;
  const { event, sessionIndex, expiresAt: sessionExpiresAt } = signedIn;
  const response = successResponse(
    envelopeOf(request, scope),
    {
      id: newId(scope),
      issueInstant: scope.now(),
      issuer: scope.issuer,
      client,
      person: signedIn.person,
      nameId,
      recipient: request.consumerUrl,
      inResponseTo: request.requestId,
      authn: { at: event.at, sessionIndex, sessionExpiresAt, contextClass },
    },
    scope.keys.signing,
  );
  return deliver(request, response);
}

export function respondWithError(request: ParkedRequest, status: StatusView, { client, scope }: Answering): Answer {
  const by = { key: scope.keys.signing, sign: client.sign };
  return deliver(request, errorResponse(envelopeOf(request, scope), status, by));
}

function envelopeOf({ consumerUrl, requestId }: ParkedRequest, scope: Scope) {
  return scope.envelope({ destination: consumerUrl, inResponseTo: requestId });
}

function deliver({ consumerUrl, relayState }: ParkedRequest, document: XmlElement): Answer {
  const outgoing = { parameter: 'SAMLResponse' as const, document, destination: consumerUrl };
  return answerOf(BINDINGS.POST.encode({ ...outgoing, relayState: relayState ?? undefined }));
}
