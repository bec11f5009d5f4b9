import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '#crds/schema/kinds.ts';
import { type Rendering, render } from '#test/support/helm.ts';

/** Each switch of the chart on and off, and values that a cluster may want: whatever is rendered here has to be fit. */
export const MATRIX: Record<string, Rendering> = {
  'the defaults': {},
  'no CRDs': { set: ['crds.enabled=false'] },
  'CRDs that go with the release': { set: ['crds.keep=false'] },
  'an image by its digest': {
    set: [`image.digest=sha256:${'0'.repeat(64)}`, `valkey.image.digest=sha256:${'1'.repeat(64)}`],
  },
  'a namespace that is there': { set: ['idp.createNamespace=false'] },
  'a user that the platform picks': { json: ['runAsUser=null'] },
  'a single replica with its memory': {
    set: ['idp.replicas=1', 'store.address=memory', 'valkey.enabled=false', 'idp.podDisruptionBudget.enabled=false'],
  },
  'Valkey without a volume': { set: ['valkey.persistence.enabled=false'] },
  'Valkey on a volume of a class': {
    set: ['valkey.persistence.storageClassName=fast', 'valkey.persistence.size=20Gi'],
  },
  'a store of the platform': {
    set: [
      'valkey.enabled=false',
      'store.address=rediss+sentinel://sso@a.example:26379\\,b.example:26379/main',
      'store.passwordSecret.name=store',
      'store.sentinelPasswordSecret.name=sentinels',
      'store.caSecret.name=store-ca',
      'store.waitReplicas=1',
      'durableStore.address=redis://durable.example:6379',
      'durableStore.passwordSecret.name=durable',
      'durableStore.passwordSecret.key=redis-password',
    ],
  },
  'replicas by load': { set: ['idp.autoscaling.enabled=true', 'idp.podDisruptionBudget.maxUnavailable=25%'] },
  'a load balancer': {
    set: [
      'idp.service.type=LoadBalancer',
      'idp.service.externalTrafficPolicy=Local',
      'idp.service.loadBalancerClass=example.com/internal',
      'idp.service.annotations.example\\.com/pool=public',
    ],
  },
  'no policies': {
    set: ['networkPolicy.enabled=false', 'admissionPolicy.enabled=false', 'userRoles.aggregate=false'],
  },
  'narrow policies': {
    json: [
      'networkPolicy.metricsFrom=[]',
      'networkPolicy.idpFrom=[{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"ingress"}}}]',
    ],
  },
  'a throw-away cluster': { set: ['developmentCa=true', 'publicPort=8443'] },
  'watching everything': { set: ['operator.watchSecrets=true', 'operator.watchConfigMaps=true'] },
  'everything about pods': {
    json: ['operator', 'idp', 'valkey'].flatMap(workload => [
      `${workload}.podAnnotations={"example.com/a":"1"}`,
      `${workload}.podLabels={"example.com/team":"sso","app.kubernetes.io/name":"mine"}`,
      `${workload}.nodeSelector={"kubernetes.io/os":"linux"}`,
      `${workload}.tolerations=[{"key":"sso","operator":"Exists"}]`,
      `${workload}.affinity={"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":"kubernetes.io/hostname","labelSelector":{}}]}}`,
      `${workload}.priorityClassName="high"`,
    ]),
    set: [
      'imagePullSecrets[0].name=registry',
      'operator.env[0].name=HTTPS_PROXY',
      'idp.env[0].name=NODE_EXTRA_CA_CERTS',
    ],
  },
  'settings of the programs': {
    json: [
      'operator.domainClaims={"acme.example":["team-acme","web"],"localhost":null}',
      'operator.issuers=["ClusterIssuer/letsencrypt","Issuer/internal"]',
      'operator.dnsServers=["192.0.2.53","2001:db8::53"]',
      'idp.trustedProxies=["10.0.0.0/8","2001:db8::/32"]',
    ],
    set: ['operator.logLevel=debug', 'idp.logLevel=warn', 'idp.drainSeconds=20', 'operator.secretRecheckSeconds=30'],
  },
};

const rendered = new Map<Rendering, Promise<string>>();

/** What helm says about the same rendering is asked for once. */
export async function renderObjects(rendering: Rendering = {}): Promise<KubeObject[]> {
  const text = rendered.get(rendering) ?? render(rendering);
  rendered.set(rendering, text);
  return objectsOf(await text);
}

export function objectsOf(yaml: string): KubeObject[] {
  return parseAllDocuments(yaml)
    .map(document => {
      if (document.errors[0] !== undefined) throw document.errors[0];
      return document.toJS() as KubeObject | null;
    })
    .filter(object => object !== null);
}

export type Workload = KubeObject & {
  spec: {
    template: { metadata: KubeObject['metadata']; spec: PodSpec };
    replicas?: number;
    volumeClaimTemplates?: KubeObject[];
  };
};

interface PodSpec {
  terminationGracePeriodSeconds: number;
  containers: {
    command: string[];
    securityContext?: object;
    env?: { name: string; value?: string; valueFrom?: { fieldRef: { fieldPath: string } } }[];
    volumeMounts?: { name: string; mountPath: string }[];
  }[];
  volumes?: {
    name: string;
    persistentVolumeClaim?: { claimName: string };
    projected?: { sources: { secret: { name: string; items: { key: string; path: string }[] } }[] };
  }[];
}

export function workload(objects: readonly KubeObject[], name: string): Workload {
  const found = objects.find(({ kind, metadata }) => kind !== 'Service' && metadata.name === name && isWorkload(kind));
  if (found === undefined) throw new Error(`nothing runs ${name}`);
  return found as Workload;
}

export const isWorkload = (kind: string): boolean => kind === 'Deployment' || kind === 'StatefulSet';
