import type { IIngress } from 'kubernetes-models/networking.k8s.io/v1/Ingress';
import type { IIngressClass } from 'kubernetes-models/networking.k8s.io/v1/IngressClass';
import type { KubeObject, SsoTenant } from '#crds/schema/kinds.ts';
import { type ChildOf, outerMetadata, uidOf } from './child.ts';
import type { IngressDriver } from './drivers/driver.ts';
import { tenantChild } from './names.ts';
import { tlsPolicyOf } from './tls-policy.ts';

/** The Ingress of a tenant: its host, its certificate, the IdP's Service, and the annotations of one driver. */

export interface Ingress extends KubeObject {
  kind: 'Ingress';
  spec: NonNullable<IIngress['spec']>;
  status?: IIngress['status'];
}

export interface IngressClass extends KubeObject {
  kind: 'IngressClass';
  spec?: IIngressClass['spec'];
}

/** The port of the IdP's Service that takes plain HTTP from trusted proxies. */
const PORT = 'http';

export interface IngressFacts {
  className: string;
  driver: IngressDriver;
  /** Name of the IdP's Service. */
  service: string;
}

export function renderIngress(tenant: SsoTenant, facts: IngressFacts, child: ChildOf): Ingress {
  const uid = uidOf(tenant);
  const { domain } = tenant.spec;
  const { annotations, ...metadata } = outerMetadata(tenantChild.ingress(uid), child);
  const backend = { service: { name: facts.service, port: { name: PORT } } };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { ...metadata, annotations: { ...annotations, ...facts.driver.annotations(tlsPolicyOf(tenant.spec)) } },
    spec: {
      ingressClassName: facts.className,
      tls: [{ hosts: [domain], secretName: tenantChild.tls(uid) }],
      rules: [{ host: domain, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
    },
  };
}
