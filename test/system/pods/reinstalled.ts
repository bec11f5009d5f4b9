import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { get } from '#test/support/pods/cluster.ts';
import { ready } from '#test/support/pods/quickstart.ts';
import { install, OPERATOR, podsOf, uninstall } from '#test/support/pods/release.ts';
import { until } from '#test/support/program.ts';
import { RESOURCES } from '#test/support/quickstart.ts';
import { assertNobodySuffered, idps, load, type Scene, tell } from './scene.ts';

const SECRETS = [
  ['team-acme', 'wiki-oidc'],
  ['analytics', 'reports-sso'],
] as const;

interface Kept {
  metadata: { uid: string };
  data?: Record<string, string>;
}

/** Which resources there are, and what applications sign in with. */
async function kept(): Promise<object[]> {
  const resources = RESOURCES.map(
    async ([kind, namespace, name]) => (await get<Kept>(kind, namespace, name)).metadata.uid,
  );
  const secrets = SECRETS.map(async ([namespace, name]) => (await get<Kept>('secret', namespace, name)).data);
  return [await Promise.all(resources), await Promise.all(secrets)];
}

const kids = ({ keys }: JSONWebKeySet): Set<string | undefined> => new Set(keys.map(({ kid }) => kid));

export function reinstalled(scene: Scene): void {
  test('helm uninstall and install: tenants, signing keys and client secrets are the same, and old tokens verify', async t => {
    const old = await kept();
    await uninstall();
    const haveGone = async (): Promise<true | undefined> =>
      [...(await idps()), ...(await podsOf(OPERATOR))].length === 0 || undefined;
    await until('the pods are gone', haveGone, 90);
    assert.deepEqual(await kept(), old);
    await install();
    for (const [kind, namespace, name] of RESOURCES) await ready(kind, namespace, name);
    assert.deepEqual(await kept(), old);
    await using people = await load(scene, 60);
    const result = await people.finish();
    tell(t, 'after the reinstallation', result);
    assertNobodySuffered(result);
    assert.ok(scene.calm);
    assert.deepEqual(kids(result.keys), kids(scene.calm.keys));
    const { payload } = await jwtVerify(scene.calm.idToken, createLocalJWKSet(result.keys));
    assert.equal(payload.iss, 'https://acme.localhost');
  });
}
