import type { z } from 'zod';
import { oidcClient } from './oidc-client.ts';
import { samlClient } from './saml-client.ts';
import { ssoTenant } from './sso-tenant.ts';

/** Every kind of the API. The CRDs, the reference page, the offline checks and the watches are made from this table. */
export const KINDS = { SsoTenant: ssoTenant, OidcClient: oidcClient, SamlClient: samlClient } as const;

export type Kind = keyof typeof KINDS;

/** What the API server keeps about every object. */
export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: { apiVersion: string; kind: string; name: string; uid: string }[];
}

/** Any Kubernetes object, as far as this project looks into it. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

type Resource<K extends Kind> = KubeObject & {
  kind: K;
  spec: z.infer<(typeof KINDS)[K]['spec']>;
  status?: z.infer<(typeof KINDS)[K]['status']>;
};

export type SsoTenant = Resource<'SsoTenant'>;
export type OidcClient = Resource<'OidcClient'>;
export type SamlClient = Resource<'SamlClient'>;
/** What attaches to a tenant. */
export type Client = OidcClient | SamlClient;
export type AnyResource = SsoTenant | Client;

export interface ConfigMap extends KubeObject {
  kind: 'ConfigMap';
  data?: Record<string, string>;
}

/** `data` is base64, as on the wire. */
export interface Secret extends KubeObject {
  kind: 'Secret';
  type?: string;
  data?: Record<string, string>;
}
