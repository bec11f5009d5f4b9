import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LABELS } from '#crds/schema/group.ts';
import { DOCUMENT_KEY, FORMAT } from '#crds/schema/live-config.ts';
import { Configuration } from '#idp/tenants/configuration.ts';
import type { Problem } from '#idp/tenants/document.ts';
import { PATIENCE_MS } from '#idp/tenants/progress.ts';
import { makeCertificate } from '#test/support/certificate.ts';
import { KEYS, makeClient, makeTenant, nextVersion, type Pair } from './fixture.ts';

interface Bench {
  configuration: Configuration;
  problems: { name: string; problem: Problem }[];
  clock: { now: number };
  feed(pair: Pair, order?: 'secrets first' | 'document first'): void;
}

function makeBench(pairs: Pair[] = []): Bench {
  const problems: Bench['problems'] = [];
  const clock = { now: 1_000 };
  const configuration = new Configuration({
    clock: () => clock.now,
    schedule: task => task(),
    onProblem: (name, problem) => problems.push({ name, problem }),
    onChange: () => undefined,
  });
  configuration.sinks.configMaps.replaced(
    pairs.map(pair => pair.configMap),
    '100',
  );
  configuration.sinks.secrets.replaced(
    pairs.flatMap(pair => pair.secrets),
    '100',
  );
  return {
    configuration,
    problems,
    clock,
    feed(pair, order = 'secrets first') {
      const document = (): void => configuration.sinks.configMaps.changed(pair.configMap);
      if (order === 'document first') document();
      for (const secret of pair.secrets) configuration.sinks.secrets.changed(secret);
      if (order === 'secrets first') document();
    },
  };
}

const hosts = (bench: Bench): string[] => [...bench.configuration.registry.current().byHost.keys()];
const nameOf = (bench: Bench, host: string): string | undefined =>
  bench.configuration.registry.current().byHost.get(host)?.document.displayName;

test('nothing is served before both lists have ended', () => {
  const configuration = new Configuration({
    clock: Date.now,
    schedule: task => task(),
    onProblem: () => undefined,
    onChange: () => assert.fail('changed before the load'),
  });
  configuration.sinks.configMaps.replaced([makeTenant('acme').configMap], '1');
  assert.equal(configuration.isLoaded, false);
  assert.equal(configuration.registry.current().byHost.size, 0);
});

for (const order of ['secrets first', 'document first'] as const)
  test(`a pair is swapped in whole, ${order}`, () => {
    const bench = makeBench();
    bench.feed(makeTenant('acme', { displayName: 'one' }), order);
    assert.equal(nameOf(bench, 'acme.localhost'), 'one');
    const next = makeTenant('acme', { displayName: 'two', keysJson: { ...KEYS, cookies: ['bmV3'] } });
    const first = order === 'secrets first' ? next.secrets[0] : undefined;
    if (first) bench.configuration.sinks.secrets.changed(first);
    else bench.configuration.sinks.configMaps.changed(next.configMap);
    const half = bench.configuration.registry.current().byHost.get('acme.localhost');
    assert.deepEqual([half?.document.displayName, half?.keys.cookies], ['one', KEYS.cookies]);
    bench.feed(next, order);
    const whole = bench.configuration.registry.current().byHost.get('acme.localhost');
    assert.deepEqual([whole?.document.displayName, whole?.keys.cookies], ['two', ['bmV3']]);
  });

test('a document that waits for its Secret holds the number back to just before itself', () => {
  const bench = makeBench();
  const [early, late] = [makeTenant('acme'), makeTenant('globex')];
  bench.configuration.sinks.configMaps.changed(early.configMap);
  bench.feed(late);
  const waiting = bench.configuration.progress();
  assert.equal(waiting.waiting, 1);
  assert.equal(waiting.acknowledgement.configMaps, String(Number(early.configMap.metadata.resourceVersion) - 1));
  bench.feed(early);
  const done = bench.configuration.progress();
  assert.deepEqual([done.waiting, done.acknowledgement.configMaps], [0, late.configMap.metadata.resourceVersion]);
  assert.equal(done.acknowledgement.secrets, late.secrets.at(-1)?.metadata.resourceVersion);
});

test('a Secret that has moved on before its document holds the number of the Secrets back', () => {
  const bench = makeBench([makeTenant('acme')]);
  const next = makeTenant('acme', { keysJson: { ...KEYS, cookies: ['bmV3'] } });
  const [keys] = next.secrets;
  assert.ok(keys);
  bench.configuration.sinks.secrets.changed(keys);
  const { acknowledgement } = bench.configuration.progress();
  assert.equal(acknowledgement.secrets, String(Number(keys.metadata.resourceVersion) - 1));
  assert.ok(hosts(bench).includes('acme.localhost'), 'the last good pair serves');
});

test('a pair that does not come is told as refused after ten seconds and holds back nobody', () => {
  const bench = makeBench();
  const [lonely, other] = [makeTenant('acme'), makeTenant('globex')];
  bench.configuration.sinks.configMaps.changed(lonely.configMap);
  bench.feed(other);
  bench.clock.now += PATIENCE_MS;
  const { acknowledgement } = bench.configuration.progress();
  assert.deepEqual(acknowledgement.rejected, ['uid-acme']);
  assert.equal(acknowledgement.configMaps, other.configMap.metadata.resourceVersion);
});

const DAMAGES: Record<string, { text: string; code: Problem['code'] }> = {
  'is not JSON': { text: '{"format":1', code: 'NotJson' },
  'is a list': { text: '[]', code: 'Invalid' },
  'has an unknown field': { text: 'extra', code: 'Invalid' },
  'is of a newer format': { text: JSON.stringify({ format: FORMAT + 1, document: 'tenant' }), code: 'FormatTooNew' },
};

for (const [what, damage] of Object.entries(DAMAGES))
  test(`a document that ${what} is refused by name; the last good one serves and the reason has no value in it`, () => {
    const good = makeTenant('acme', { displayName: 'secret-name' });
    const bench = makeBench([good]);
    const text =
      damage.text === 'extra'
        ? JSON.stringify({ ...JSON.parse(good.configMap.data?.[DOCUMENT_KEY] ?? ''), surprise: 's3cret' })
        : damage.text;
    const metadata = { ...good.configMap.metadata, resourceVersion: nextVersion() };
    bench.configuration.sinks.configMaps.changed({ ...good.configMap, metadata, data: { [DOCUMENT_KEY]: text } });
    assert.equal(nameOf(bench, 'acme.localhost'), 'secret-name');
    assert.deepEqual(bench.configuration.progress().acknowledgement.rejected, ['uid-acme']);
    assert.deepEqual(
      bench.problems.map(one => [one.name, one.problem.code]),
      [['sso-t-uid-acme', damage.code]],
    );
    assert.doesNotMatch(JSON.stringify(bench.problems), /s3cret|surprise/);
    bench.feed(makeTenant('acme', { displayName: 'repaired' }));
    assert.deepEqual(bench.configuration.progress().acknowledgement.rejected, []);
    assert.equal(nameOf(bench, 'acme.localhost'), 'repaired');
  });

test('a document that claims to be of another object is refused', () => {
  const bench = makeBench([makeTenant('acme')]);
  const { configMap } = makeTenant('globex');
  const labels = { ...configMap.metadata.labels, [LABELS.ownerUid]: 'uid-acme' };
  bench.configuration.sinks.configMaps.changed({ ...configMap, metadata: { ...configMap.metadata, labels } });
  assert.deepEqual(
    bench.problems.map(one => one.problem.code),
    ['UidMismatch'],
  );
});

test('Secrets with bad content are refused without a word of it', async () => {
  const [one, two] = [await makeCertificate(['acme.localhost']), await makeCertificate(['acme.localhost'])];
  const cases: Pair[] = [
    makeTenant('acme', { keysJson: { format: FORMAT, signing: [], cookies: [], hunter2: true } }),
    makeTenant('acme', { usersYaml: 'users: [{username: ada, password: hunter2}]' }),
    makeTenant('acme', { usersYaml: 'users: [hunter2' }),
    makeTenant('acme', { certificatePem: { cert: one.cert, key: two.key } }),
    makeTenant('acme', { certificatePem: { cert: 'hunter2', key: one.key } }),
  ];
  for (const pair of cases) {
    const bench = makeBench([makeTenant('acme')]);
    bench.feed(pair);
    assert.deepEqual(
      bench.problems.map(({ problem }) => problem.code),
      ['SecretInvalid'],
    );
    assert.doesNotMatch(JSON.stringify(bench.problems), /hunter2|BEGIN/);
    assert.ok(hosts(bench).includes('acme.localhost'));
  }
});

test('deletion forgets a client, and a tenant with all its clients', () => {
  const [tenant, one, two] = [makeTenant('acme'), makeClient('uid-acme', 'wiki'), makeClient('uid-acme', 'mail')];
  const bench = makeBench([tenant, one, two]);
  const clients = (): string[] => [
    ...(bench.configuration.registry.current().byUid.get('uid-acme')?.clients.keys() ?? []),
  ];
  assert.deepEqual(clients(), ['apps.wiki', 'apps.mail']);
  bench.configuration.sinks.configMaps.deleted(one.configMap);
  assert.deepEqual(clients(), ['apps.mail']);
  bench.configuration.sinks.configMaps.deleted(tenant.configMap);
  assert.deepEqual([hosts(bench), clients()], [[], []]);
});

test('what a new list does not name is forgotten, and the list itself moves no number', () => {
  const [acme, globex] = [makeTenant('acme'), makeTenant('globex')];
  const bench = makeBench([acme, globex]);
  const before = bench.configuration.progress().acknowledgement;
  bench.configuration.sinks.configMaps.replaced([acme.configMap], '999999');
  assert.deepEqual(hosts(bench), ['acme.localhost']);
  assert.deepEqual(bench.configuration.progress().acknowledgement, before);
});

test('a host or a clientId that is taken stays with its holder; the other is refused, and inherits when the holder goes', () => {
  const holder = makeTenant('acme');
  const bench = makeBench([holder, makeClient('uid-acme', 'wiki')]);
  bench.feed(makeTenant('rival', { domain: 'acme.localhost' }));
  bench.feed(makeClient('uid-acme', 'copy', { clientId: 'apps.wiki' }));
  assert.equal(nameOf(bench, 'acme.localhost'), 'acme');
  assert.deepEqual(bench.configuration.progress().acknowledgement.rejected, ['uid-copy', 'uid-rival']);
  bench.configuration.sinks.configMaps.deleted(holder.configMap);
  assert.equal(nameOf(bench, 'acme.localhost'), 'rival');
});

test('an edit of a client leaves every other tenant, and the hash of its own, as they were', () => {
  const bench = makeBench([makeTenant('acme'), makeTenant('globex'), makeClient('uid-acme', 'wiki')]);
  const before = bench.configuration.registry.current();
  bench.feed(makeClient('uid-acme', 'wiki', { redirectUris: ['https://new.example/cb'] }));
  const after = bench.configuration.registry.current();
  assert.equal(after.byUid.get('uid-globex'), before.byUid.get('uid-globex'));
  assert.equal(after.byUid.get('uid-acme')?.hash, before.byUid.get('uid-acme')?.hash);
  const uris = (snapshot: typeof before): unknown =>
    snapshot.byUid.get('uid-acme')?.clients.get('apps.wiki')?.document.redirectUris;
  assert.deepEqual(uris(after), ['https://new.example/cb']);
  assert.deepEqual(uris(before), ['https://wiki.example/cb'], 'a snapshot never changes');
});

test('ten thousand clients are loaded in under five seconds', () => {
  const pairs = [
    ...Array.from({ length: 100 }, (_, i) => makeTenant(`t${i}`)),
    ...Array.from({ length: 10_000 }, (_, i) => makeClient(`uid-t${i % 100}`, `c${i}`)),
  ];
  const start = performance.now();
  const bench = makeBench(pairs);
  const took = performance.now() - start;
  console.log(`100 tenants and 10,000 clients loaded in ${Math.round(took)} ms`);
  assert.equal(bench.configuration.registry.current().byUid.get('uid-t7')?.clients.size, 100);
  assert.deepEqual(bench.problems, []);
  assert.ok(took < 5_000, `${took} ms`);
});
