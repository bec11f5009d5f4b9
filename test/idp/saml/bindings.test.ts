import assert from 'node:assert/strict';
import { sign } from 'node:crypto';
import { request } from 'node:http';
import { test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { SIGNING } from '#crds/shared/pure/xml/signature-names.ts';
import { BINDINGS } from '#idp/saml/bindings/index.ts';
import { ACS, fieldsOf, goOn, type House, ISSUER, makeSamlClient, openHouse, SP, signInAt, spKey } from './fixture.ts';
import { authnRequest, deflated, NS, now, postForm, signed } from './messages.ts';

const ALG = encodeURIComponent(SIGNING['rsa-sha256'].signature);

function sealed(octets: string): string {
  return `${octets}&Signature=${encodeURIComponent(sign('sha256', Buffer.from(octets), spKey().key).toString('base64'))}`;
}

const redirected = (house: House, query: string) => house.visit(`/saml/sso?${query}`);

test('a redirect is verified over the octets as they came, however they were encoded', async () => {
  await using house = await openHouse(makeSamlClient());
  signInAt(house);
  const lower = (text: string) => text.replaceAll(/%[0-9A-F]{2}/g, found => found.toLowerCase());
  const relays = ['plain', "a+b%20c!'()*~", '%e4%bd%a0%2B'];
  for (const [index, relay] of relays.entries()) {
    const octets = lower(
      `SAMLRequest=${deflated(authnRequest({ id: `_${index}` }))}&RelayState=${relay}&SigAlg=${ALG}`,
    );
    const first = await redirected(house, sealed(octets));
    assert.equal(first.status, 303, first.text);
    const expected = decodeURIComponent(relay.replaceAll('+', ' '));
    assert.equal(fieldsOf((await goOn(house, first)).text)['RelayState'], expected);
  }
});

test('the order of the parameters in the address does not matter, their order under the signature does', async () => {
  await using house = await openHouse(makeSamlClient());
  const message = `SAMLRequest=${deflated(authnRequest())}`;
  const good = sealed(`${message}&RelayState=r&SigAlg=${ALG}`).split('&');
  assert.equal((await redirected(house, [good[3], good[2], 'utm=1', good[1], good[0]].join('&'))).status, 303);
  const wrong = sealed(`RelayState=r&SAMLRequest=${deflated(authnRequest({ id: '_b' }))}&SigAlg=${ALG}`);
  assert.match((await redirected(house, wrong)).text, /^SignatureRefused/);
});

const BENT: [what: string, bend: (query: string) => string, code: string][] = [
  ['another RelayState', query => query.replace('RelayState=r', 'RelayState=s'), 'SignatureRefused'],
  ['RelayState taken away', query => query.replace('&RelayState=r', ''), 'SignatureRefused'],
  [
    'another message',
    query => query.replace(/SAMLRequest=[^&]*/, `SAMLRequest=${deflated(authnRequest({ id: '_x' }))}`),
    'SignatureRefused',
  ],
  [
    'the same message twice',
    query => `${query}&SAMLRequest=${deflated(authnRequest({ id: '_x' }))}`,
    'MessageUnreadable',
  ],
  [
    'the message again under an encoded name',
    query => `${query}&SAML%52equest=${deflated(authnRequest())}`,
    'MessageUnreadable',
  ],
  ['a response beside it', query => `${query}&SAMLResponse=AAAA`, 'MessageUnreadable'],
  [
    'SHA-1',
    query => query.replace(ALG, encodeURIComponent('http://www.w3.org/2000/09/xmldsig#rsa-sha1')),
    'SignatureRefused',
  ],
  [
    'HMAC',
    query => query.replace(ALG, encodeURIComponent('http://www.w3.org/2001/04/xmldsig-more#hmac-sha256')),
    'SignatureRefused',
  ],
  ['no algorithm', query => query.replace(`&SigAlg=${ALG}`, ''), 'SignatureRefused'],
  ['no signature', query => query.replace(/&Signature=.*/, ''), 'SignatureRefused'],
  ['neither', query => query.replace(/&SigAlg=.*/, ''), 'SignatureMissing'],
  ['an empty signature', query => query.replace(/&Signature=.*/, '&Signature='), 'SignatureRefused'],
  ['another encoding', query => `${query}&SAMLEncoding=urn:x`, 'MessageUnreadable'],
];

for (const [what, bend, code] of BENT)
  test(`a signed redirect with ${what}: ${code}`, async () => {
    await using house = await openHouse(makeSamlClient());
    const query = sealed(`SAMLRequest=${deflated(authnRequest())}&RelayState=r&SigAlg=${ALG}`);
    assert.match((await redirected(house, bend(query))).text, new RegExp(`^${code}`));
  });

test('a signature inside a redirected message is refused, also a genuine one', async () => {
  await using house = await openHouse(makeSamlClient({ requireSignedRequests: false }));
  assert.match((await redirected(house, `SAMLRequest=${deflated(signed(authnRequest()))}`)).text, /^SignatureRefused/);
});

test('a wrong signature is refused although none was needed', async () => {
  await using house = await openHouse(makeSamlClient({ requireSignedRequests: false }));
  const xml = signed(authnRequest()).replace(ACS, `${ACS}/second`);
  assert.match((await house.visit('/saml/sso', { form: postForm(xml) })).text, /^SignatureRefused/);
  assert.equal((await house.visit('/saml/sso', { form: postForm(authnRequest()) })).status, 303);
});

test('a zip bomb costs no more than an honest message', async () => {
  await using house = await openHouse(makeSamlClient());
  const bomb = encodeURIComponent(deflateRawSync(Buffer.alloc(8 * 1024 * 1024, 0x20)).toString('base64'));
  assert.ok(bomb.length < 16 * 1024);
  const before = process.memoryUsage().rss;
  const started = performance.now();
  for (let visit = 0; visit < 20; visit++)
    assert.match((await redirected(house, `SAMLRequest=${bomb}`)).text, /^MessageTooLarge/);
  const spent = performance.now() - started;
  assert.ok(process.memoryUsage().rss - before < 32 * 1024 * 1024);
  assert.ok(spent < 1000, `${spent} ms`);
});

test('a form larger than the limit is refused while it comes in', async () => {
  await using house = await openHouse(makeSamlClient());
  assert.match(
    (await house.visit('/saml/sso', { form: `SAMLRequest=${'A'.repeat(60_000)}` })).text,
    /^MessageTooLarge/,
  );
});

test('a form without end is answered before its end', { timeout: 10_000 }, async () => {
  await using house = await openHouse(makeSamlClient());
  const { hostname, port } = new URL(house.origin);
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const outgoing = request({ hostname, port, method: 'POST', path: '/saml/sso', headers });
  const answered = new Promise<number>(resolve => outgoing.on('response', ({ statusCode = 0 }) => resolve(statusCode)));
  outgoing.on('error', () => undefined);
  const timer = setInterval(() => outgoing.write('A'.repeat(8192)), 5);
  assert.equal(await answered, 413);
  clearInterval(timer);
  outgoing.destroy();
});

test('an address that is too long is not even decoded', () => {
  assert.throws(() => BINDINGS.Redirect.decode(`SAMLRequest=${'A'.repeat(17_000)}`), { code: 'MessageTooLarge' });
  assert.throws(() => BINDINGS.POST.decode(`SAMLRequest=${'A'.repeat(60_000)}`), { code: 'MessageTooLarge' });
});

test('asking for the head of a request does not use it up', async () => {
  await using house = await openHouse(makeSamlClient({ requireSignedRequests: false }));
  const path = `/saml/sso?SAMLRequest=${deflated(authnRequest())}`;
  assert.equal((await fetch(house.origin + path, { method: 'HEAD', redirect: 'manual' })).status, 404);
  assert.equal((await fetch(`${house.origin}/saml/metadata`, { method: 'HEAD' })).status, 200);
  assert.equal((await house.visit(path)).status, 303);
});

test('RelayState may have 2 KiB and no more, and nothing that a form would change', async () => {
  await using house = await openHouse(makeSamlClient({ requireSignedRequests: false }));
  const ask = (relay: string, id: string) =>
    redirected(house, `SAMLRequest=${deflated(authnRequest({ id }))}&RelayState=${relay}`);
  assert.equal((await ask('x'.repeat(2048), '_a')).status, 303);
  assert.match((await ask('x'.repeat(2049), '_b')).text, /^MessageTooLarge/);
  for (const bad of ['a%0Ab', 'a%0D%0Ab', '%00']) assert.match((await ask(bad, '_c')).text, /^MessageUnreadable/);
  for (const bad of ['%ff', '%', '%c3%28']) assert.match((await ask(bad, '_d')).text, /^MessageUnreadable/);
});

test('RelayState is text on the page and nothing else', async () => {
  await using house = await openHouse(makeSamlClient());
  const relay = `"><script>alert(1)</script><img src=x onerror='alert(2)'>&lt;`;
  signInAt(house);
  const query = sealed(`SAMLRequest=${deflated(authnRequest())}&RelayState=${encodeURIComponent(relay)}&SigAlg=${ALG}`);
  const answer = await goOn(house, await redirected(house, query));
  assert.equal(fieldsOf(answer.text)['RelayState'], relay);
  assert.equal(answer.text.match(/<script/g)?.length, 1);
  assert.ok(!answer.text.includes('<img'));
  assert.ok(answer.text.includes('<h1>Acme &lt;&amp; Sons&gt;</h1>'));
  assert.match(
    answer.policy,
    /^default-src 'none'; script-src 'self'; style-src 'sha256-[^']+'; form-action https:; frame-ancestors 'none'; base-uri 'none'$/,
  );
});

const UNREADABLE: [what: string, xml: string, code: string][] = [
  ['a comment in the issuer', authnRequest({ issuer: `${SP}<!-- -->` }), 'MessageUnreadable'],
  ['a document type', `<!DOCTYPE x>${authnRequest()}`, 'MessageUnreadable'],
  ['another version', authnRequest().replace('Version="2.0"', 'Version="1.1"'), 'MessageUnreadable'],
  [
    'a time without a zone',
    authnRequest().replace(/IssueInstant="[^"]*"/, `IssueInstant="${now().slice(0, 19)}"`),
    'MessageUnreadable',
  ],
  ['no time', authnRequest().replace(/IssueInstant="[^"]*"/, ''), 'MessageUnreadable'],
  [
    'an impossible time',
    authnRequest().replace(/IssueInstant="[^"]*"/, 'IssueInstant="2026-13-41T99:00:00Z"'),
    'MessageUnreadable',
  ],
  ['no id', authnRequest().replace('ID="_good"', ''), 'MessageUnreadable'],
  ['an id that is no name', authnRequest({ id: '1' }), 'MessageUnreadable'],
  ['two issuers', authnRequest({ inner: `<saml:Issuer>${SP}</saml:Issuer>` }), 'MessageUnreadable'],
  ['an element in the issuer', authnRequest({ issuer: `${SP}<saml:x/>` }), 'MessageUnreadable'],
  [
    'an issuer that is a person',
    authnRequest().replace(
      '<saml:Issuer>',
      '<saml:Issuer Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">',
    ),
    'MessageUnreadable',
  ],
  [
    'a message in the message',
    authnRequest({ inner: `<samlp:Extensions>${authnRequest({ id: '_2' })}</samlp:Extensions>` }),
    'MessageUnreadable',
  ],
  [
    'an assertion in the message',
    authnRequest({ inner: `<samlp:Extensions><saml:Assertion ID="_a"/></samlp:Extensions>` }),
    'MessageUnreadable',
  ],
  ['ForceAuthn="yes"', authnRequest({ attributes: ' ForceAuthn="yes"' }), 'MessageUnreadable'],
  [
    'another root',
    `<samlp:Response ${NS} ID="_r" Version="2.0" IssueInstant="${now()}"><saml:Issuer>${SP}</saml:Issuer></samlp:Response>`,
    'MessageUnexpected',
  ],
  [
    'a root of another namespace',
    authnRequest().replaceAll('samlp:AuthnRequest', 'saml:AuthnRequest'),
    'MessageUnexpected',
  ],
  ['an address and an index', authnRequest({ attributes: ' AssertionConsumerServiceIndex="7"' }), 'ConsumerUnknown'],
  [
    'an index that is not registered',
    authnRequest({ attributes: ' AssertionConsumerServiceIndex="3"' }).replace(
      / AssertionConsumerServiceURL="[^"]*"/,
      '',
    ),
    'ConsumerUnknown',
  ],
  ['an address that only looks alike', authnRequest({ consumer: `${ACS}/` }), 'ConsumerUnknown'],
  [
    'an address with user information',
    authnRequest({ consumer: ACS.replace('https://', 'https://jira.example@evil.example/') }),
    'ConsumerUnknown',
  ],
];

for (const [what, xml, code] of UNREADABLE)
  test(`an AuthnRequest with ${what}: ${code}`, async () => {
    await using house = await openHouse(makeSamlClient({ requireSignedRequests: false }));
    assert.match((await house.visit('/saml/sso', { form: postForm(xml) })).text, new RegExp(`^${code}`));
    assert.deepEqual(house.door.wishes, []);
  });

test('a request chooses an address by its index', async () => {
  await using house = await openHouse(makeSamlClient({ requireSignedRequests: false }));
  signInAt(house);
  const xml = authnRequest({ attributes: ' AssertionConsumerServiceIndex="7"' }).replace(
    / AssertionConsumerServiceURL="[^"]*"/,
    '',
  );
  const answer = await goOn(house, await house.visit('/saml/sso', { form: postForm(xml) }));
  assert.ok(answer.text.includes(`action="${ACS}/second"`), answer.text);
});

test('an unsigned request without Destination is accepted, a signed one is not', async () => {
  await using house = await openHouse(makeSamlClient({ requireSignedRequests: false }));
  const bare = (id: string) => authnRequest({ id }).replace(` Destination="${ISSUER}/saml/sso"`, '');
  assert.equal((await house.visit('/saml/sso', { form: postForm(bare('_a')) })).status, 303);
  assert.match((await house.visit('/saml/sso', { form: postForm(signed(bare('_b'))) })).text, /^DestinationWrong/);
});
