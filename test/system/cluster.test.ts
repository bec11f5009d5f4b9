import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as openid from 'openid-client';
import type { Condition } from '#crds/schema/conditions.ts';
import { ENDPOINTS } from '#crds/schema/endpoints.ts';
import type { ConfigMap, OidcClient, Secret, SsoTenant } from '#crds/schema/kinds.ts';
import { loopbackFetch } from '#operator/local/loopback.ts';
import { type House, type Replica, startHouse } from '#test/support/house.ts';
import { NAMESPACES } from '#test/support/installation.ts';
import { createPerson, type Page } from '#test/support/person.ts';
import { until } from '#test/support/program.ts';
import { ADA, applyQuickstart, credentialsOf, RESOURCES } from '#test/support/quickstart.ts';

/** The main job on a real API server: kubectl apply, a person signs in, an edit is live on both replicas. */

const CALLBACK = 'https://demo.localhost:8444/callback';
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

let house: House;
let ca: string;

before(async () => {
  house = await startHouse({ replicas: 2 });
  await applyQuickstart(house, 8444);
  ca = await house.ca();
});
after(() => house[Symbol.asyncDispose]());

const issuer = (): string => `https://acme.localhost:${house.port}`;

async function condition(
  kind: string,
  [namespace, name]: [string, string],
  type: string,
): Promise<Condition | undefined> {
  const object = await house.get<SsoTenant | OidcClient>(kind, namespace, name);
  return object.status?.conditions?.find(it => it.type === type);
}

/** How one replica answers an authorization request of the wiki with this redirect URI. */
function ask(replica: Replica, redirectUri: string): Promise<Page> {
  const query = new URLSearchParams({
    client_id: 'team-acme.wiki',
    response_type: 'code',
    scope: 'openid',
    redirect_uri: redirectUri,
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
  });
  return createPerson({ ca, port: replica.port }).open(`${issuer()}${ENDPOINTS.authorization}?${query.toString()}`);
}

const isAccepted = async (replica: Replica, redirectUri: string): Promise<boolean> =>
  (await ask(replica, redirectUri)).body.includes('name="password"');

const setRedirectUri = (uri: string): Promise<string> =>
  house.kubectl(
    'patch',
    'oidcclient',
    'wiki',
    '-n',
    'team-acme',
    '--type=merge',
    '-p',
    JSON.stringify({ spec: { redirectUris: [uri] } }),
  );

test('after kubectl apply every resource of the quickstart is Ready', async () => {
  for (const [kind, namespace, name] of RESOURCES) await house.ready(kind, namespace, name);
  const printed = await house.kubectl('get', 'ssot,oidcc', '-A');
  assert.match(printed, /team-acme +ssotenant.sso-operator.dev\/acme +acme.localhost +Online +True +Succeeded/);
  assert.match(printed, /analytics +oidcclient.sso-operator.dev\/reports +analytics.reports +acme +True +Succeeded/);
});

test('openid-client signs in by code and PKCE, verifies the ID token, refreshes, and logout ends it', async () => {
  const { clientId, clientSecret = '' } = await credentialsOf(house, 'team-acme', 'wiki-oidc');
  const custom = { [openid.customFetch]: loopbackFetch(ca) as openid.CustomFetch };
  const config = await openid.discovery(
    new URL(issuer()),
    clientId,
    {},
    openid.ClientSecretBasic(clientSecret),
    custom,
  );
  openid.enableNonRepudiationChecks(config);
  const pkceCodeVerifier = openid.randomPKCECodeVerifier();
  const [expectedState, expectedNonce] = [openid.randomState(), openid.randomNonce()];
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: CALLBACK,
    scope: 'openid profile email groups',
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: expectedState,
    nonce: expectedNonce,
  });
  const person = createPerson({ ca, stopAt: [CALLBACK] });
  const arrived = await person.submit(await person.open(url), ADA, 'password');
  assert.ok(arrived.url.href.startsWith(CALLBACK), arrived.body);
  const tokens = await openid.authorizationCodeGrant(config, arrived.url, {
    pkceCodeVerifier,
    expectedState,
    expectedNonce,
    idTokenExpected: true,
  });
  assert.equal(tokens.claims()?.sub, 'people:ada');
  assert.equal(tokens.claims()?.iss, issuer());
  const person2 = await openid.fetchUserInfo(config, tokens.access_token, 'people:ada');
  assert.equal(person2.email, 'ada@acme.example');
  const idTokenHint = tokens.id_token ?? '';
  const question = await person.open(openid.buildEndSessionUrl(config, { id_token_hint: idTokenHint }));
  const gone = await person.submit(question);
  assert.equal(gone.status, 200, gone.body);
  assert.match((await person.open(url)).body, /name="password"/);
  await assert.rejects(openid.fetchUserInfo(config, tokens.access_token, 'people:ada'));
});

test('a redirect URI edited with kubectl is refused at the old and accepted at the new one on both replicas', async t => {
  const next = 'https://demo.localhost:8444/elsewhere';
  for (const replica of house.replicas) assert.equal(await isAccepted(replica, next), false);
  const began = performance.now();
  await setRedirectUri(next);
  const applied = performance.now();
  await until('both accept the new one', async () => {
    const answers = await Promise.all(house.replicas.map(replica => isAccepted(replica, next)));
    return answers.every(Boolean) || undefined;
  });
  const live = performance.now();
  for (const replica of house.replicas) {
    const refused = await ask(replica, CALLBACK);
    assert.equal(refused.status, 400);
    assert.match(refused.body, /demo\.localhost:8444\/callback/);
  }
  await house.ready('oidcclient', 'team-acme', 'wiki');
  t.diagnostic(
    `kubectl ${Math.round(applied - began)} ms; from its end to live on both replicas ${Math.round(live - applied)} ms`,
  );
});

test('a paused replica holds Programmed back, and it turns True when the replica has loaded it', async () => {
  const [, paused] = house.replicas;
  assert.ok(paused);
  paused.program.signal('SIGSTOP');
  await setRedirectUri(CALLBACK);
  const waiting = await until('the edit waits', async () => {
    const found = await condition('oidcclient', ['team-acme', 'wiki'], 'Programmed');
    return found?.reason === 'WaitingForReplicas' ? found : undefined;
  });
  assert.equal(waiting.status, 'Unknown');
  const ready = await condition('oidcclient', ['team-acme', 'wiki'], 'Ready');
  assert.equal(ready?.status, 'Unknown');
  paused.program.signal('SIGCONT');
  await house.ready('oidcclient', 'team-acme', 'wiki');
  assert.equal(await isAccepted(paused, CALLBACK), true);
});

describe('bad input', () => {
  test('a hand-damaged ConfigMap is refused by name, mended by the operator, and the last good state serves meanwhile', async () => {
    const client = await house.get<OidcClient>('oidcclient', 'team-acme', 'wiki');
    const name = `sso-c-${client.metadata.uid}`;
    await house.operator.stop();
    await house.kubectl(
      'patch',
      'configmap',
      name,
      '-n',
      NAMESPACES.idp,
      '--type=merge',
      '-p',
      JSON.stringify({ data: { 'document.json': '{"format": 1, "document": "client", broken' } }),
    );
    await until('both replicas refuse it', async () => {
      const leases = await Promise.all(
        house.replicas.map(({ name: lease }) => house.get<ConfigMap>('lease', NAMESPACES.idp, lease)),
      );
      return (
        leases.every(lease =>
          lease.metadata.annotations?.['sso-operator.dev/loaded']?.includes(client.metadata.uid ?? '-'),
        ) || undefined
      );
    });
    for (const replica of house.replicas) assert.equal(await isAccepted(replica, CALLBACK), true);
    house.operator = house.startOperator();
    await until('it is mended', async () => {
      const { data } = await house.get<ConfigMap>('configmap', NAMESPACES.idp, name);
      return data?.['document.json']?.includes('redirectUris') || undefined;
    });
  });

  test('a second tenant with the same domain is told DomainConflict and not whose it is', async () => {
    await house.kubectl('create', 'namespace', 'late');
    await house.apply(JSON.stringify(tenantOf('late', 'acme.localhost')));
    const accepted = await until('the verdict', async () => {
      const found = await condition('ssotenant', ['late', 'copy'], 'Accepted');
      return found?.status === 'False' ? found : undefined;
    });
    assert.equal(accepted.reason, 'DomainConflict');
    assert.doesNotMatch(accepted.message, /team-acme/);
    await house.kubectl('delete', 'namespace', 'late', '--wait=false');
    await house.kubectl('delete', 'ssotenant', 'copy', '-n', 'late');
  });

  test('a wrong type is refused by the API server in words', async () => {
    const { code, stderr } = await house.api.kubectl(
      ['apply', '-f', '-'],
      JSON.stringify({ ...tenantOf('team-acme', 'x.localhost'), spec: { domain: 7 } }),
    );
    assert.notEqual(code, 0);
    assert.match(stderr, /spec\.domain.*string/);
  });
});

function tenantOf(namespace: string, domain: string): object {
  const identitySources = [{ name: 'people', users: { secretRef: { name: 'people' } } }];
  return {
    apiVersion: 'sso-operator.dev/v1alpha1',
    kind: 'SsoTenant',
    metadata: { name: 'copy', namespace },
    spec: { domain, identitySources },
  };
}

test('what was deleted while the operator was down is gone from every namespace and from the IdP', async () => {
  const globex = `https://globex.localhost:${house.port}/.well-known/openid-configuration`;
  const [replica] = house.replicas;
  assert.ok(replica);
  assert.equal((await createPerson({ ca, port: replica.port }).open(globex)).status, 200);
  await house.operator.kill();
  await house.kubectl('delete', 'oidcclient', 'reports', '-n', 'analytics');
  await house.kubectl('delete', 'oidcclient', 'intranet', '-n', 'team-globex');
  await house.kubectl('delete', 'samlclient', 'crm', '-n', 'sales');
  await house.kubectl('delete', 'ssotenant', 'globex', '-n', 'team-globex');
  house.operator = house.startOperator();
  const list = async (kind: string): Promise<string[]> => {
    const all = JSON.parse(await house.kubectl('get', kind, '-A', '-o', 'json')) as { items: (Secret | ConfigMap)[] };
    return all.items
      .filter(it => it.metadata.labels?.['app.kubernetes.io/managed-by'] === 'sso-operator')
      .map(it => `${it.metadata.namespace}/${it.metadata.name}`);
  };
  await until('only the wiki and its tenant are left', async () => {
    const [configMaps, secrets] = [await list('configmap'), await list('secret')];
    return (
      (configMaps.length === 2 && secrets.filter(name => !name.startsWith(NAMESPACES.idp)).length === 1) || undefined
    );
  });
  const secrets = await list('secret');
  assert.ok(secrets.includes('team-acme/wiki-oidc'));
  await until('the IdP forgot the tenant', async () => {
    try {
      await createPerson({ ca, port: replica.port }).open(globex);
      return undefined;
    } catch {
      return true;
    }
  });
  assert.equal(await isAccepted(replica, CALLBACK), true);
});
