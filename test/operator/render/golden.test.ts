import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import type { KubeObject, OidcClient, SsoTenant } from '#crds/schema/kinds.ts';
import { applicationSecretName, renderApplicationSecret } from '#operator/render/application-secret.ts';
import { renderClientConfigMap, renderClientDocument } from '#operator/render/client-config-map.ts';
import { issuerOf } from '#operator/render/issuer.ts';
import { clientChild, tenantChild } from '#operator/render/names.ts';
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
  const hasTls = tenant.spec.exposure?.none === undefined;
  const sources = tenant.spec.identitySources.map(
    ({ name }) => [name, { name: tenantChild.source(uid, name), hash: `hash-of-${name}` }] as const,
  );
  const pointers = {
    keys: { name: tenantChild.keys(uid), hash: 'hash-of-keys' },
    certificate: hasTls ? { name: tenantChild.tls(uid), hash: 'hash-of-tls' } : null,
    sources: new Map(sources),
  };
  return [
    renderTenantConfigMap({ ...IDP, owner: tenant }, renderTenantDocument(tenant, pointers, hasTls ? 8443 : 443)),
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

/** As a reader wants it: documents as objects, base64 as text. */
function readable(object: KubeObject & { data?: Record<string, string> }): object {
  const entries = Object.entries(object.data ?? {}).map(([key, value]) => {
    const text = object.kind === 'Secret' ? Buffer.from(value, 'base64').toString() : value;
    return [key, key.endsWith('.json') ? JSON.parse(text) : text];
  });
  return { ...object, data: Object.fromEntries(entries) };
}

for (const file of readdirSync(FOLDER).filter(name => name.endsWith('.yaml'))) {
  test(`${file} renders what its golden file says`, t => {
    const resource = parse(readFileSync(join(FOLDER, file), 'utf8')) as SsoTenant | OidcClient;
    const objects = resource.kind === 'SsoTenant' ? renderTenant(resource) : renderClient(resource);
    t.assert.fileSnapshot(objects.map(readable), join(FOLDER, file.replace('.yaml', '.golden.json')));
  });
}
