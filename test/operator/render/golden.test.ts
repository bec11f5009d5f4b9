import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import type { AnyResource, Kind, KubeObject, OidcClient, SamlClient, SsoTenant } from '#crds/schema/kinds.ts';
import { applicationSecretName, renderApplicationSecret } from '#operator/render/application-secret.ts';
import { renderCertificate } from '#operator/render/certificate.ts';
import type { ChildOf } from '#operator/render/child.ts';
import { renderClientConfigMap, renderClientDocument } from '#operator/render/client-config-map.ts';
import { driverOf } from '#operator/render/drivers/index.ts';
import { exposureOf } from '#operator/render/exposure.ts';
import { renderIngress } from '#operator/render/ingress.ts';
import { issuerOf } from '#operator/render/issuer.ts';
import { clientChild, tenantChild } from '#operator/render/names.ts';
import { outputName, renderOutput } from '#operator/render/output-config-map.ts';
import { renderSamlClientConfigMap, renderSamlClientDocument } from '#operator/render/saml-client-config-map.ts';
import { renderTenantConfigMap, renderTenantDocument } from '#operator/render/tenant-config-map.ts';
import { clientIdOf } from '#operator/rules/client-id.ts';

/**
 * Pairs in test/golden: a resource (.yaml) and every object that is rendered for it (.golden.json), values decoded.
 * `node --test --test-update-snapshots` rewrites them.
 */

const FOLDER = join(import.meta.dirname, '..', '..', 'golden');
const IDP = { idpNamespace: 'sso-idp', tenantUid: 'uid-acme' };

function renderTenant(tenant: SsoTenant): KubeObject[] {
  const uid = tenant.metadata.uid ?? '';
  const exposure = exposureOf(tenant.spec);
  const hasTls = exposure === 'pod';
  const sources = tenant.spec.identitySources.map(
    ({ name }) => [name, { name: tenantChild.source(uid, name), hash: `hash-of-${name}` }] as const,
  );
  const pointers = {
    keys: { name: tenantChild.keys(uid), hash: 'hash-of-keys' },
    certificate: hasTls ? { name: tenantChild.tls(uid), hash: 'hash-of-tls' } : null,
    sources: new Map(sources),
  };
  const child = { ...IDP, owner: tenant };
  return [
    renderTenantConfigMap(child, renderTenantDocument(tenant, pointers, hasTls ? 8443 : 443)),
    ...renderOuter(tenant, child),
  ];
}

function renderOuter(tenant: SsoTenant, child: ChildOf): KubeObject[] {
  const { certificate, exposure } = tenant.spec;
  const className = exposure?.ingress?.className;
  const driver = driverOf('haproxy-ingress.github.io/controller');
  assert.ok(driver);
  return [
    ...(certificate?.issuerRef === undefined ? [] : [renderCertificate(tenant, certificate.issuerRef, child)]),
    ...(className === undefined ? [] : [renderIngress(tenant, { className, driver, service: 'sso-idp' }, child)]),
  ];
}

function renderClient(client: OidcClient): KubeObject[] {
  const isPublic = client.spec.type === 'Public';
  const clientId = clientIdOf(client);
  const credentials = { name: clientChild.credentials(client.metadata.uid ?? ''), hash: 'hash-of-credentials' };
  const facts = { tenantUid: IDP.tenantUid, clientId, credentials: isPublic ? null : credentials };
  const child = { ...IDP, owner: client, applicationSecret: applicationSecretName(client) };
  const issuer = issuerOf('acme.localhost', 8443);
  const clientSecret = isPublic ? undefined : 'the-secret';
  return [
    renderClientConfigMap(child, renderClientDocument(client, facts)),
    renderApplicationSecret(client, { clientId, clientSecret, issuer }),
  ];
}

/** As the rules read it from fields, or from a metadata document with everything. */
const BY_FIELDS = {
  assertionConsumerServices: [{ url: 'https://jira.example/acs', index: 0, isDefault: true }],
  singleLogoutServices: [],
  signingCertificates: [],
  requireSignedRequests: false,
};
const BY_METADATA = {
  assertionConsumerServices: [
    { url: 'https://wiki.example/acs', index: 0, isDefault: false },
    { url: 'https://wiki.example/acs2', index: 7, isDefault: true },
  ],
  singleLogoutServices: [
    { url: 'https://wiki.example/slo', responseUrl: 'https://wiki.example/done', binding: 'Redirect' as const },
  ],
  signingCertificates: ['base64-of-der'],
  requireSignedRequests: true,
};

function renderSaml(client: SamlClient): KubeObject[] {
  const known = client.spec.metadata === undefined ? BY_FIELDS : BY_METADATA;
  const entityId = client.spec.entityId ?? 'https://wiki.example/saml';
  const child = { ...IDP, owner: client, output: outputName(client) };
  const facts = { ...known, entityId, tenantUid: IDP.tenantUid };
  const issuer = issuerOf('acme.localhost', 8443);
  return [
    renderSamlClientConfigMap(child, renderSamlClientDocument(client, facts)),
    renderOutput(client, { entityId, issuer, metadata: '<the-metadata/>', certificates: ['current\n', 'next\n'] }),
  ];
}

const RENDER: { [K in Kind]: (resource: Extract<AnyResource, { kind: K }>) => KubeObject[] } = {
  SsoTenant: renderTenant,
  OidcClient: renderClient,
  SamlClient: renderSaml,
};

/** As a reader wants it: documents as objects, base64 as text. */
function readable(object: KubeObject & { data?: Record<string, string> }): object {
  const entries = Object.entries(object.data ?? {}).map(([key, value]) => {
    const text = object.kind === 'Secret' ? Buffer.from(value, 'base64').toString() : value;
    return [key, key.endsWith('.json') ? JSON.parse(text) : text];
  });
  return object.data === undefined ? object : { ...object, data: Object.fromEntries(entries) };
}

for (const file of readdirSync(FOLDER).filter(name => name.endsWith('.yaml'))) {
  test(`${file} renders what its golden file says`, t => {
    const resource = parse(readFileSync(join(FOLDER, file), 'utf8')) as AnyResource;
    // The table has a renderer for each kind, which its type cannot say of a union.
    const render = RENDER[resource.kind] as (resource: AnyResource) => KubeObject[];
    const objects = render(resource);
    t.assert.fileSnapshot(objects.map(readable), join(FOLDER, file.replace('.yaml', '.golden.json')));
  });
}
