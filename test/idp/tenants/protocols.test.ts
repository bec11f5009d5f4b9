import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DOCUMENT_KEY } from '#crds/schema/live-config.ts';
import { Configuration } from '#idp/tenants/configuration.ts';
import type { Problem } from '#idp/tenants/document.ts';
import type { Tenant } from '#idp/tenants/tenant.ts';
import { KEYS, makeClient, makeSamlClient, makeTenant, nextVersion, type Pair } from './fixture.ts';

/** Clients of both protocols beside each other in the live configuration. */

function load(pairs: Pair[]) {
  const problems: Problem[] = [];
  const configuration = new Configuration({
    clock: () => 1_000,
    schedule: task => task(),
    onProblem: (_name, problem) => problems.push(problem),
    onChange: () => undefined,
  });
  const { configMaps, secrets } = configuration.sinks;
  configMaps.replaced(
    pairs.map(pair => pair.configMap),
    '100',
  );
  secrets.replaced(
    pairs.flatMap(pair => pair.secrets),
    '100',
  );
  const acme = (): Tenant | undefined => configuration.registry.current().byUid.get('uid-acme');
  const feed = (pair: Pair): void => {
    for (const secret of pair.secrets) secrets.changed(secret);
    configMaps.changed(pair.configMap);
  };
  const rejected = () => configuration.progress().acknowledgement.rejected;
  return { configMaps, problems, acme, feed, rejected };
}

const names = (tenant: Tenant | undefined) => [
  [...(tenant?.clients.keys() ?? [])],
  [...(tenant?.samlClients.keys() ?? [])],
];

test('clients of both protocols are served, each under its own kind of name, and go as they came', () => {
  const [wiki, jira] = [makeClient('uid-acme', 'wiki'), makeSamlClient('uid-acme', 'jira')];
  const { acme, configMaps, rejected } = load([makeTenant('acme'), wiki, jira]);
  assert.deepEqual(names(acme()), [['apps.wiki'], ['https://jira.example']]);
  assert.deepEqual(rejected(), []);
  configMaps.deleted(jira.configMap);
  assert.deepEqual(names(acme()), [['apps.wiki'], []]);
  configMaps.deleted(wiki.configMap);
  assert.deepEqual(names(acme()), [[], []]);
});

test('an edit of a SAML client makes a new state; the old one stays as it was, and so does the hash of the tenant', () => {
  const { acme, feed } = load([makeTenant('acme'), makeSamlClient('uid-acme', 'jira')]);
  const before = acme();
  feed(makeSamlClient('uid-acme', 'jira', { displayName: 'Jira' }));
  const nameAt = (tenant: Tenant | undefined) => tenant?.samlClients.get('https://jira.example')?.displayName;
  assert.deepEqual([nameAt(before), nameAt(acme())], ['jira', 'Jira']);
  assert.equal(acme()?.hash, before?.hash);
});

test('a SAML client that renames itself is known by its new name only', () => {
  const { acme, feed } = load([makeTenant('acme'), makeSamlClient('uid-acme', 'jira')]);
  feed(makeSamlClient('uid-acme', 'jira', { entityId: 'urn:jira' }));
  assert.deepEqual(names(acme()), [[], ['urn:jira']]);
});

test('an entityID that is taken stays with its holder; the other is refused, and inherits when the holder goes', () => {
  const holder = makeSamlClient('uid-acme', 'jira');
  const { acme, feed, configMaps, rejected, problems } = load([makeTenant('acme'), holder]);
  feed(makeSamlClient('uid-acme', 'copy', { entityId: 'https://jira.example', displayName: 'copy' }));
  assert.equal(acme()?.samlClients.get('https://jira.example')?.displayName, 'jira');
  assert.deepEqual(rejected(), ['uid-copy']);
  assert.deepEqual(
    problems.map(({ code }) => code),
    ['EntityIdTaken'],
  );
  configMaps.deleted(holder.configMap);
  assert.equal(acme()?.samlClients.get('https://jira.example')?.displayName, 'copy');
  assert.deepEqual(rejected(), []);
});

test('one entityID may be known at two tenants, and a clientId may read like an entityID', () => {
  const { acme, rejected } = load([
    makeTenant('acme'),
    makeTenant('globex'),
    makeSamlClient('uid-acme', 'jira', { entityId: 'same' }),
    makeSamlClient('uid-globex', 'other', { entityId: 'same' }),
    makeClient('uid-acme', 'wiki', { clientId: 'same' }),
  ]);
  assert.deepEqual(names(acme()), [['same'], ['same']]);
  assert.deepEqual(rejected(), []);
});

test('a client of a protocol that is not known, or with a field that is not, is refused without a value of it', () => {
  const damages = [{ protocol: 'ws-fed' }, { protocol: undefined }, { clientSecret: 's3cret' }, { entityId: 7 }];
  for (const damage of damages) {
    const pair = makeSamlClient('uid-acme', 'jira');
    const { acme, feed, problems, rejected } = load([makeTenant('acme'), pair]);
    const text = JSON.stringify({ ...JSON.parse(pair.configMap.data?.[DOCUMENT_KEY] ?? ''), ...damage });
    const metadata = { ...pair.configMap.metadata, resourceVersion: nextVersion() };
    feed({ ...pair, configMap: { ...pair.configMap, metadata, data: { [DOCUMENT_KEY]: text } } });
    assert.deepEqual(rejected(), ['uid-jira'], JSON.stringify(damage));
    assert.deepEqual(
      problems.map(({ code }) => code),
      ['Invalid'],
    );
    assert.doesNotMatch(JSON.stringify(problems), /s3cret|ws-fed/);
    assert.deepEqual(names(acme()), [[], ['https://jira.example']], 'the last good one serves');
  }
});

test('keys for SAML are taken where they are there, and a tenant whose keys are from before SAML is served as well', () => {
  const saml = {
    keys: [{ state: 'Current', key: 'PEM', certificate: 'PEM' }],
    nameIdSalt: Buffer.alloc(32, 9).toString('base64url'),
  };
  const withKeys = load([makeTenant('acme', { keysJson: { ...KEYS, saml } })]).acme();
  assert.deepEqual(withKeys?.keys.saml, saml);
  const without = load([makeTenant('acme')]).acme();
  assert.ok(without);
  assert.equal(without.keys.saml, undefined);
  assert.equal(load([makeTenant('acme', { keysJson: { ...KEYS, saml: { ...saml, keys: [] } } })]).acme(), undefined);
});
