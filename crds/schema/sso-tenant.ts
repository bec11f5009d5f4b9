import { z } from 'zod';
import { conditions } from './conditions.ts';
import { displayName, duration, host, labels, localSecretRef, objectName } from './fragments.ts';
import { celRules, immutable } from './rule.ts';
import { tlsProfile, tlsVersion } from './tls.ts';

/** SsoTenant: one sign-in domain with its own keys, sources and clients. */

const usersSource = z
  .object({
    secretRef: localSecretRef.describe(
      'Secret whose key users.yaml lists the people: username, password (argon2id PHC string), name, email, groups.',
    ),
  })
  .describe('People kept in a Secret.');

const identitySource = z
  .object({
    name: z
      .string()
      .min(1)
      .max(40)
      .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)
      .describe('Part of each subject that comes from this source; never rename a source in use.'),
    displayName: displayName.optional().describe('What people read when they choose where to sign in.'),
    users: usersSource.optional(),
  })
  .meta(celRules({ rule: 'has(self.users)', message: 'name exactly one kind of source, such as users' }));

const clientAdmission = z
  .object({
    from: z
      .enum(['Same', 'Selector', 'All'])
      .describe(
        "Same: the tenant's own namespace (default). Selector: namespaces whose labels match. All: every namespace.",
      ),
    selector: z
      .object({ matchLabels: labels.describe('All of these.') })
      .optional()
      .describe('Labels that a namespace must bear. Labels on the client count for nothing.'),
    max: z.int().min(1).max(100_000).optional().describe('How many clients may attach. Later ones are refused.'),
  })
  .meta(
    celRules({
      rule: "(self.from == 'Selector') == has(self.selector)",
      message: 'selector is needed with from: Selector, and only there',
    }),
  );

const ingress = z
  .object({
    className: objectName.describe(
      'Name of an IngressClass whose controller this release can hold to the profile; docs/certificates.md lists them.',
    ),
  })
  .describe('An ingress controller ends TLS, held to the profile by annotations, and forwards to the IdP Service.');

const exposure = z
  .object({
    pod: z.object({}).optional().describe('The IdP ends TLS itself, on its own port.'),
    ingress: ingress.optional(),
    none: z.object({}).optional().describe('Something of your own ends TLS and forwards to the IdP Service.'),
  })
  .meta(
    celRules({
      rule: '(has(self.pod) ? 1 : 0) + (has(self.ingress) ? 1 : 0) + (has(self.none) ? 1 : 0) == 1',
      message: 'name exactly one of pod, ingress and none',
    }),
  );

const issuerRef = z
  .object({
    group: z.enum(['cert-manager.io']).optional().describe('Default: cert-manager.io.'),
    kind: z
      .enum(['ClusterIssuer', 'Issuer'])
      .describe("An Issuer is one of the IdP's namespace, where the certificate is kept."),
    name: objectName.describe('One that the operator lets tenants use (its setting SSO_ISSUERS).'),
  })
  .describe('cert-manager issues an ECDSA certificate, with a new key each time, and renews it.');

export type IssuerRef = z.infer<typeof issuerRef>;

const certificate = z
  .object({
    issuerRef: issuerRef.optional(),
    keySize: z
      .int()
      .optional()
      .meta(celRules({ rule: 'self == 256 || self == 384', message: 'an ECDSA key has 256 or 384 bits here' }))
      .describe('Bits of the ECDSA key that cert-manager makes: 256 (default, P-256) or 384 (P-384).'),
    secretRef: localSecretRef
      .optional()
      .describe(
        'A kubernetes.io/tls Secret with an ECDSA P-256 or P-384 key; with tls.profile BestPractices also RSA of 2048 to 4096 bits.',
      ),
  })
  .meta(
    celRules(
      { rule: 'has(self.issuerRef) != has(self.secretRef)', message: 'name exactly one of issuerRef and secretRef' },
      {
        rule: '!has(self.keySize) || has(self.issuerRef)',
        message: 'keySize goes with issuerRef',
        fieldPath: '.keySize',
      },
    ),
  );

const tls = z.object({
  profile: tlsProfile
    .optional()
    .describe(
      'Strict (default): seven suites, for ECDSA certificates only. BestPractices: also their ECDHE_RSA twins and CHACHA20 under TLS 1.2, and RSA certificates.',
    ),
  minVersion: tlsVersion
    .optional()
    .describe('The oldest version that is spoken, in quotes: "1.2" (default) or "1.3". Older ones never are.'),
});

const ssoTenantSpec = z
  .object({
    domain: host.describe(
      'Where people sign in; the issuer is https://<domain>. Immutable; one owner in the whole cluster.',
    ),
    displayName: displayName.optional().describe('The name on the pages. Default: the name of the resource.'),
    exposure: exposure.optional().describe('How the domain is reached. Default: pod.'),
    certificate: certificate.optional().describe('The certificate that is shown for this domain.'),
    tls: tls
      .optional()
      .describe(
        'What is spoken with browsers and applications; a change counts from the next handshake on. Refused with exposure none, where nobody could keep it.',
      ),
    clients: clientAdmission.optional().describe("Which namespaces may attach clients. Default: the tenant's own."),
    identitySources: z
      .array(identitySource)
      .min(1)
      .max(8)
      .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
      .describe('Where the people come from.'),
    sessions: z
      .object({ lifetime: duration.optional().describe('How long a sign-in lasts. Default: 12h.') })
      .optional()
      .describe('Of a person at the tenant.'),
    paused: z.boolean().optional().describe('true: sign-ins stop, with a page that says so.'),
  })
  .meta(
    celRules(
      immutable('domain'),
      {
        // Per field: what else will stand under tls may well go with exposure none.
        rule: '!(has(self.exposure) && has(self.exposure.none) && has(self.tls) && (has(self.tls.profile) || has(self.tls.minVersion)))',
        message: 'tls.profile and tls.minVersion need exposure pod or ingress: with none nobody could keep them',
        fieldPath: '.tls',
      },
      {
        rule: '!(has(self.exposure) && has(self.exposure.none) && has(self.certificate) && has(self.certificate.issuerRef))',
        message: 'certificate.issuerRef needs exposure pod or ingress: with none nobody would show the certificate',
        fieldPath: '.certificate',
      },
    ),
  );

const keyState = z.object({
  kid: z.string().max(64).describe('Thumbprint of an OIDC key (RFC 7638); SHA-256 of a SAML certificate.'),
  algorithm: z.string().max(16),
  protocol: z.enum(['oidc', 'saml']).optional().describe('What it signs. Keys of TLS are not among them.'),
  state: z.enum(['Next', 'Current', 'Retiring']),
});

const ssoTenantStatus = z.object({
  observedGeneration: z.int().optional(),
  domainStatus: z.enum(['NotProvisioned', 'Provisioning', 'Online', 'Offline']).optional(),
  issuer: z.string().max(300).optional(),
  endpoints: z
    .object({ discovery: z.string().max(512), jwks: z.string().max(512) })
    .partial()
    .optional()
    .describe('Addresses that applications need.'),
  keys: z.array(keyState).max(20).optional(),
  replicas: z
    .object({ ready: z.int(), current: z.int() })
    .optional()
    .describe('Ready IdP replicas, and how many have loaded this generation.'),
  clients: z.object({ oidc: z.int(), saml: z.int().optional() }).optional().describe('Attached clients.'),
  conditions: conditions.optional(),
});

export type SsoTenantStatus = z.infer<typeof ssoTenantStatus>;

export const ssoTenant = {
  kind: 'SsoTenant',
  plural: 'ssotenants',
  singular: 'ssotenant',
  shortNames: ['ssot'],
  description: 'One sign-in domain with its own keys, identity sources and clients.',
  spec: ssoTenantSpec,
  status: ssoTenantStatus,
  printerColumns: [
    { name: 'Domain', type: 'string', jsonPath: '.spec.domain' },
    { name: 'Status', type: 'string', jsonPath: '.status.domainStatus' },
    { name: 'Ready', type: 'string', jsonPath: ".status.conditions[?(@.type=='Ready')].status" },
    { name: 'Reason', type: 'string', jsonPath: ".status.conditions[?(@.type=='Ready')].reason" },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    { name: 'Issuer', type: 'string', jsonPath: '.status.issuer', priority: 1 },
    { name: 'Clients', type: 'integer', jsonPath: '.status.clients.oidc', priority: 1 },
    { name: 'Message', type: 'string', jsonPath: ".status.conditions[?(@.type=='Ready')].message", priority: 1 },
  ],
} as const;
