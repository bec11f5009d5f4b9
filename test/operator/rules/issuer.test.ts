import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIssuers, refuseIssuer } from '#operator/rules/issuer.ts';

test('only an issuer that is listed by kind and name may be used', () => {
  const issuers = parseIssuers('ClusterIssuer/letsencrypt, Issuer/internal\nClusterIssuer/lab.ca');
  assert.equal(refuseIssuer(issuers, { kind: 'ClusterIssuer', name: 'letsencrypt' }), undefined);
  assert.equal(refuseIssuer(issuers, { kind: 'Issuer', name: 'internal' }), undefined);
  for (const other of [
    { kind: 'Issuer', name: 'letsencrypt' },
    { kind: 'ClusterIssuer', name: 'lab' },
  ] as const) {
    const refused = refuseIssuer(issuers, other);
    assert.equal(refused?.reason, 'IssuerNotAllowed');
    assert.match(
      refused.message,
      /SSO_ISSUERS allows ClusterIssuer\/letsencrypt, Issuer\/internal, ClusterIssuer\/lab\.ca;/,
    );
  }
});

test('without a list no issuer may be used, and the words name the setting', () => {
  const refused = refuseIssuer(parseIssuers(''), { kind: 'Issuer', name: 'internal' });
  assert.match(refused?.message ?? '', /SSO_ISSUERS allows none yet; Issuer\/internal is not among them/);
});

test('an entry that is no kind and name is named', () => {
  for (const entry of ['letsencrypt', 'ClusterIssuer/', 'Vault/x', 'Issuer/a/b', 'Issuer/A', 'issuer/a', 'Issuer/*'])
    assert.throws(
      () => parseIssuers(`Issuer/good,${entry}`),
      (failure: Error) => failure.message.includes(`"${entry}"`),
    );
});
