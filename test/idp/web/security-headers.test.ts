import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formTargets } from '#idp/web/security-headers.ts';
import { makeClient, makeTenant } from '#test/idp/oidc/fixture.ts';

function targets(...redirectUris: string[]): string {
  const client = makeClient('wiki', { redirectUris });
  return formTargets({ ...makeTenant('acme', 443), clients: new Map([['apps.wiki', client]]) }, 'apps.wiki');
}

test('a form may lead to where the redirect URIs of its application are, each once', () => {
  assert.equal(
    targets('https://wiki.example/cb', 'https://wiki.example/other', 'http://127.0.0.1/cb'),
    'https://wiki.example http://127.0.0.1:*',
  );
});

test('no redirect URI adds a directive to the policy', () => {
  assert.equal(targets("https://a;script-src'unsafe-inline'.example/cb", 'https://a,b.example/'), '');
});
