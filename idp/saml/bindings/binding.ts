import type { SigningKey } from '#crds/shared/pure/xml/sign.ts';
import type { SigningAlgorithm } from '#crds/shared/pure/xml/signature-names.ts';
import type { XmlElement } from '#crds/shared/pure/xml/tree.ts';

/** How a message travels through a browser (saml-bindings-2.0-os). What each binding does is in its own file. */

export type Parameter = 'SAMLRequest' | 'SAMLResponse';

/** Bytes, before anything is inflated or parsed. A RelayState of ours has at most 80, theirs may have 2 KiB. */
export const LIMITS = { form: 56 * 1024, query: 16 * 1024, xml: 64 * 1024, relayState: 2048 } as const;

/** The parameters as they came, for the one binding or the other. */
export interface Received {
  parameter: Parameter;
  xml: Uint8Array;
  relayState: string | undefined;
  /** Redirect: a signature that lies beside the message, over these very octets. */
  detached: { algorithm: string; octets: Uint8Array; signature: Uint8Array } | undefined;
  /** A Signature element inside the message counts, and must not be there otherwise. */
  enveloped: boolean;
}

export interface Outgoing {
  parameter: Parameter;
  document: XmlElement;
  /** Where it goes; an address out of the configuration, never out of a message. */
  destination: string;
  relayState?: string | undefined;
  /** Absent: the document carries the signatures that it needs. */
  sign?: { key: SigningKey; algorithm: SigningAlgorithm };
}

export type Delivery =
  | { kind: 'redirect'; location: string }
  | { kind: 'form'; action: string; fields: Readonly<Record<string, string>> };

export interface Binding {
  /** The raw query (Redirect) or the body of the form (POST). Throws SamlError. */
  decode(encoded: string): Received;
  /** Throws XmlError. */
  encode(outgoing: Outgoing): Delivery;
}
