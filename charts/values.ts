import { z } from 'zod';

/**
 * The source of truth for the chart's values: names, bounds, defaults and what each is for. values.yaml, values.schema.json
 * and the table of the chart's README are generated from it. It must not know the templates.
 */

const text = z.string();
const flag = z.boolean();
const name = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/);
const optionalName = z.union([z.literal(''), name]);
const port = z.int().min(1).max(65_535);
const quantity = z.string().regex(/^[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?$/);
/** Taken as they are by the API server, which checks them. */
const anything = z.record(z.string(), z.unknown());
const strings = z.record(z.string(), z.string());

const image = {
  repository: z.string().min(1),
  tag: text,
  digest: z.union([z.literal(''), z.string().regex(/^sha256:[0-9a-f]{64}$/)]),
};

const resources = (requests: Record<string, string>, limits: Record<string, string>) =>
  z
    .strictObject({
      requests: z.record(z.string(), quantity).default(requests),
      limits: z.record(z.string(), quantity).default(limits),
    })
    .prefault({});

/** What every workload lets its operator's owner say about its pods. */
const pods = {
  podAnnotations: strings.default({}).describe('More annotations of the pods.'),
  podLabels: strings.default({}).describe('More labels of the pods.'),
  nodeSelector: strings.default({}).describe('Nodes that the pods may run on.'),
  tolerations: z.array(anything).default([]).describe('Taints that the pods bear.'),
  affinity: anything.default({}).describe('Affinity of the pods; without it they are spread over nodes and zones.'),
  priorityClassName: optionalName.default('').describe('PriorityClass of the pods.'),
};

const env = z
  .array(anything)
  .default([])
  .describe('More environment variables, such as `HTTPS_PROXY` or `NODE_EXTRA_CA_CERTS`.');
const logLevel = z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('Least level that is logged.');

const secretKey = (key: string, what: string) =>
  z
    .strictObject({
      name: optionalName.default('').describe(`Secret in the IdP's namespace that holds ${what}; empty: none.`),
      key: z.string().min(1).default(key).describe('Key in that Secret.'),
    })
    .prefault({});

const ADDRESS = /^(memory|(redis|rediss)(\+sentinel|\+cluster)?:\/\/([^:@/\s]+@)?[^@/\s]+(\/[^\s]*)?)$/;
const address = z.union([z.literal(''), z.string().regex(ADDRESS)]);

const operator = z
  .strictObject({
    replicas: z.int().min(0).max(10).default(2).describe('One leads, the others wait.'),
    domainClaims: z
      .record(z.string(), z.array(z.string().regex(/^(\*|[a-z0-9]([-a-z0-9]*[a-z0-9])?)$/)))
      .default({ localhost: ['*'] })
      .describe(
        'Which namespaces may claim a domain and what is below it: domain -> namespaces, `*` is any. Every other domain has to be proven by the TXT record that the status of its tenant names.',
      ),
    issuers: z
      .array(z.string().regex(/^(ClusterIssuer|Issuer)\/[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/))
      .default([])
      .describe(
        "cert-manager issuers that tenants may use: `ClusterIssuer/letsencrypt`, or `Issuer/internal` in the IdP's namespace.",
      ),
    dnsServers: z
      .array(z.string().min(1))
      .default([])
      .describe('Resolvers for the TXT records; empty: those of the pod.'),
    watchSecrets: flag
      .default(false)
      .describe(
        'Watch Secrets of all namespaces, so that a brought one takes effect at once. Grants list and watch on every Secret of the cluster; otherwise they are read again by name.',
      ),
    watchConfigMaps: flag
      .default(false)
      .describe('The same for ConfigMaps, which hold the metadata of SAML applications.'),
    secretRecheckSeconds: z
      .int()
      .min(1)
      .max(300)
      .default(240)
      .describe("How often a Secret or ConfigMap outside the IdP's namespace is read again."),
    logLevel,
    resources: resources({ cpu: '50m', memory: '192Mi' }, { memory: '512Mi' }),
    env,
    ...pods,
  })
  .prefault({});

const service = z
  .strictObject({
    type: z
      .enum(['ClusterIP', 'NodePort', 'LoadBalancer'])
      .default('ClusterIP')
      .describe('Type of the Service `sso-idp`.'),
    httpsPort: port.default(443).describe('TLS is ended by the IdP here.'),
    httpPort: port.default(80).describe('Plain HTTP: from trusted proxies; everybody else is redirected.'),
    annotations: strings.default({}).describe('Annotations of the Service.'),
    externalTrafficPolicy: z
      .enum(['', 'Cluster', 'Local'])
      .default('')
      .describe('`Local` keeps the address of the person, which rate limits count by; for NodePort and LoadBalancer.'),
    loadBalancerClass: text.default('').describe('Class of the load balancer; for LoadBalancer.'),
  })
  .prefault({});

const autoscaling = z
  .strictObject({
    enabled: flag.default(false).describe('A HorizontalPodAutoscaler says how many replicas there are.'),
    minReplicas: z.int().min(1).default(3).describe('At least.'),
    maxReplicas: z.int().min(1).default(10).describe('At most.'),
    targetCpuPercent: z.int().min(1).max(1000).default(80).describe('Average use of the CPU request that it aims at.'),
  })
  .prefault({});

const idp = z
  .strictObject({
    namespace: z
      .string()
      .max(63)
      .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)
      .default('sso-idp')
      .describe(
        'Namespace of the IdP and of all that the operator writes for it. Not that of the release: keep nothing else there.',
      ),
    createNamespace: flag
      .default(true)
      .describe(
        'Make that namespace, with Pod Security `restricted`. An uninstall leaves it, since it holds the keys.',
      ),
    replicas: z.int().min(0).default(3).describe('Replicas, where autoscaling is off.'),
    trustedProxies: z
      .array(z.string().regex(/^[0-9a-fA-F:.]+(\/[0-9]{1,3})?$/))
      .default([])
      .describe('CIDRs of the ingress controllers whose `X-Forwarded-For` and `-Proto` count.'),
    drainSeconds: z
      .int()
      .min(0)
      .max(600)
      .default(5)
      .describe(
        'How long a replica that leaves still takes new connections: as long as load balancers need to notice.',
      ),
    service,
    autoscaling,
    podDisruptionBudget: z
      .strictObject({
        enabled: flag.default(true).describe('Limit how many replicas a drain of nodes may take at once.'),
        maxUnavailable: z
          .union([z.int().min(0), z.string().regex(/^[0-9]{1,3}%$/)])
          .default(1)
          .describe('Replicas, or a percentage.'),
      })
      .prefault({}),
    logLevel,
    resources: resources({ cpu: '100m', memory: '192Mi' }, { memory: '512Mi' }),
    env,
    ...pods,
  })
  .prefault({});

/** Where data lives, and the Secrets in the IdP's namespace that open it. */
const storeFields = (what: string) => ({
  address: address.default('').describe(what),
  passwordSecret: secretKey('password', 'the password of the servers'),
  sentinelPasswordSecret: secretKey('password', 'the password of the Sentinels'),
  caSecret: secretKey('ca.crt', 'the CA that signed the certificates of the servers'),
});

const store = z
  .strictObject({
    ...storeFields(
      'Where sessions live: `redis://[user@]host:port[/db]`, `redis+sentinel://h1:p,h2:p/<master>`, `redis+cluster://h1:p,h2:p`, `rediss…` for TLS; `memory` for a single replica. Empty: the Valkey of this chart. A password never stands here.',
    ),
    waitReplicas: z
      .int()
      .min(0)
      .max(10)
      .default(0)
      .describe('How many replicas of the store must have a consumed code before its tokens are given out.'),
  })
  .prefault({});

const durableStore = z
  .strictObject(
    storeFields(
      'Where data lives that outlasts sessions, such as remembered consents: the same forms, but `memory`; append-only persistence on, no eviction. Empty: the Valkey of this chart, where that is enabled and persistent, else nowhere.',
    ),
  )
  .prefault({});

const valkey = z
  .strictObject({
    enabled: flag
      .default(true)
      .describe(
        'Run one Valkey for the sessions. It restarts without losing them; where that pause is too long, bring a replicated store.',
      ),
    image: z
      .strictObject({
        repository: image.repository
          .default('docker.io/valkey/valkey')
          .describe('Image with `valkey-server` and `sh`.'),
        tag: image.tag.default('9.1').describe('Tag.'),
        digest: image.digest.default('').describe('Counts instead of the tag.'),
      })
      .prefault({}),
    maxMemory: z
      .string()
      .regex(/^[0-9]+(mb|gb)$/)
      .default('192mb')
      .describe(
        'Beyond this, writes are refused: nobody who is signed in is thrown out. Keep it at half the memory limit.',
      ),
    persistence: z
      .strictObject({
        enabled: flag
          .default(true)
          .describe('Keep the append-only file on a PersistentVolume; else it dies with the pod.'),
        size: quantity.default('1Gi').describe('Size of the volume.'),
        storageClassName: optionalName.default('').describe('StorageClass; empty: the default one.'),
      })
      .prefault({}),
    resources: resources({ cpu: '50m', memory: '64Mi' }, { memory: '384Mi' }),
    ...pods,
  })
  .prefault({});

const peers = z.array(anything);

export const values = z.strictObject({
  global: anything.default({}).describe('Given by parent charts; not used.'),
  image: z
    .strictObject({
      repository: image.repository.default('sso-operator').describe('One image holds both programs.'),
      tag: image.tag.default('').describe('Empty: the version of the chart.'),
      digest: image.digest.default('').describe('Counts instead of the tag.'),
      pullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']).default('IfNotPresent').describe('Of all images.'),
    })
    .prefault({}),
  imagePullSecrets: z.array(z.strictObject({ name })).default([]).describe('In both namespaces; `{name: …}`.'),
  runAsUser: z
    .union([z.int().min(1), z.null()])
    .default(65_532)
    .describe('User and group of every process; `null` where the platform picks it, as OpenShift does.'),
  crds: z
    .strictObject({
      enabled: flag.default(true).describe('Install and upgrade the CustomResourceDefinitions.'),
      keep: flag.default(true).describe('An uninstall leaves them, and so every tenant and client.'),
    })
    .prefault({}),
  publicPort: port.default(443).describe('The port that people see; part of every issuer where it is not 443.'),
  developmentCa: flag
    .default(false)
    .describe(
      "Tenants below `localhost` without a certificate get one from a CA kept in the release's namespace. For throw-away clusters.",
    ),
  operator,
  idp,
  store,
  durableStore,
  valkey,
  networkPolicy: z
    .strictObject({
      enabled: flag.default(true).describe("Say who may connect to what; the cluster's network has to enforce it."),
      metricsFrom: peers
        .default([{ namespaceSelector: {} }])
        .describe('NetworkPolicy peers that may reach health and metrics (operator 8081, IdP 9090).'),
      idpFrom: peers.default([]).describe('Peers that may reach the IdP; empty: all.'),
    })
    .prefault({}),
  admissionPolicy: z
    .strictObject({
      enabled: flag
        .default(true)
        .describe(
          'The API server itself refuses writes of the operator to Secrets and ConfigMaps that are not its own.',
        ),
    })
    .prefault({}),
  userRoles: z
    .strictObject({
      aggregate: flag
        .default(true)
        .describe('Whoever has `view`, `edit` or `admin` in a namespace has the same for tenants and clients there.'),
    })
    .prefault({}),
});
