import assert from 'node:assert/strict';
import { createServer as createHttpServer } from 'node:http';
import type { ServerOptions } from 'node:https';
import { after, before, describe, test } from 'node:test';
import { makeCertificate, makeRsaCertificate, makeSelfSigned } from '#test/support/certificate.ts';
import { listening } from '#test/support/listening.ts';
import { type Clinic, type Diagnosis, diagnose, discoveryOf, json, openClinic, type Pages } from './bench.ts';

const HOST = 'sick.localhost';
const DISCOVERY = '/.well-known/openid-configuration';

describe('sso doctor finds what is wrong with a host, and the fix', () => {
  let clinic: Clinic;
  before(async () => {
    clinic = await openClinic();
  });
  after(() => clinic[Symbol.asyncDispose]());

  async function visit(make?: (origin: string) => Pages, tls?: ServerOptions): Promise<Diagnosis> {
    await using server = await clinic.serve(HOST, make, tls);
    const { exit, steps, complaints } = await diagnose(HOST, { port: String(server.port), ca: clinic.caFile });
    const anonymous = complaints.map(line => line.replaceAll(`:${server.port}`, '').replace(' (127.0.0.1)', ''));
    return { exit, steps, complaints: anonymous };
  }

  test('a sound host has nothing but a server that talks to strangers', async () => {
    const { exit, complaints } = await visit();
    assert.deepEqual(complaints, [
      'TLS: A handshake for a name that nobody configured and for no name at all is answered.',
    ]);
    assert.equal(exit, 1);
  });

  /** Each with what is said first, and the exit code. */
  const PAGES: Record<string, [(origin: string) => Pages, string, number]> = {
    'an issuer of plain HTTP': [
      origin => ({ [DISCOVERY]: json({ ...discoveryOf(origin), issuer: origin.replace('https', 'http') }) }),
      `OpenID Connect: The issuer is http://${HOST}, not https://${HOST}.`,
      16,
    ],
    'an endpoint at another host': [
      origin => ({ [DISCOVERY]: json({ ...discoveryOf(origin), token_endpoint: 'https://10.0.0.1/token' }) }),
      'OpenID Connect: Endpoints elsewhere: token_endpoint https://10.0.0.1/token.',
      16,
    ],
    'a page instead of the document': [
      () => ({ [DISCOVERY]: (_req, res) => res.end('<html>welcome</html>') }),
      'OpenID Connect: The discovery document is not one.',
      16,
    ],
    'a host that the IdP does not serve': [
      () => ({ [DISCOVERY]: (_req, res) => res.writeHead(421).end() }),
      `OpenID Connect: https://${HOST}${DISCOVERY}: ${HOST} answered 421.`,
      16,
    ],
    'no key': [() => ({ '/jwks': json({ keys: [] }) }), 'Keys: There is no key: nobody can check a token.', 17],
    'a private key among the public ones': [
      () => ({ '/jwks': json({ keys: [{ kty: 'EC', kid: 'one', d: 'AA' }] }) }),
      'Keys: A private key is published!',
      17,
    ],
    'keys at another host, which is not called': [
      origin => ({ [DISCOVERY]: json({ ...discoveryOf(origin), jwks_uri: 'https://169.254.169.254/jwks' }) }),
      'OpenID Connect: Endpoints elsewhere: jwks_uri https://169.254.169.254/jwks.',
      16,
    ],
    'a clock that is late': [
      origin => ({ [DISCOVERY]: json(discoveryOf(origin), { date: new Date(Date.now() - 300_000).toUTCString() }) }),
      'Clock: The server is 5 minutes behind this machine.',
      18,
    ],
    'metadata that is none': [
      () => ({ '/saml/metadata': (_req, res) => res.end('<a><b></a>') }),
      'SAML: The metadata is not sound: the document is not well-formed XML.',
      19,
    ],
  };
  for (const [name, [make, said, code]] of Object.entries(PAGES))
    test(name, async () => {
      const { exit, complaints, steps } = await visit(make);
      const [first] = complaints.filter(line => !line.startsWith('TLS: A handshake'));
      assert.deepEqual([first, exit], [said, code]);
      const fixes = steps.flatMap(({ findings }) => findings).filter(({ level }) => level === 'failed');
      assert.ok(fixes.every(({ fix, message }) => fix !== undefined || message.includes(':')));
    });

  test('keys at another host are not fetched', async () => {
    const elsewhere = (origin: string): Pages => ({
      [DISCOVERY]: json({ ...discoveryOf(origin), jwks_uri: `https://other.localhost/` }),
    });
    const { complaints } = await visit(elsewhere);
    assert.ok(complaints.includes('Keys: The keys are at another host; they are not fetched.'));
  });

  test('a certificate for another name, of nobody, with an RSA key, and out of time', async () => {
    const other = await visit(undefined, await clinic.ca.issue(['other.localhost']));
    assert.deepEqual(
      [other.exit, other.complaints[0]],
      [13, `Certificate: It is for other.localhost, not for ${HOST}.`],
    );
    const foreign = await visit(undefined, await makeCertificate([HOST]));
    assert.match(foreign.complaints[0] ?? '', /^Certificate: No trusted root stands behind CN=.*UNABLE_TO_VERIFY_LEAF/);
    const rsa = await visit(undefined, makeRsaCertificate([HOST]));
    assert.ok(rsa.complaints.includes('Certificate: Its key is RSA 2048; profile Strict has no suite for that.'));
    const late = await visit(undefined, makeSelfSigned(HOST, -20, -10));
    assert.match(late.complaints[0] ?? '', /^Certificate: It expired at 20..-..-..T..:..:..Z\.$/);
    for (const { steps } of [other, foreign, late])
      assert.deepEqual(
        steps.find(({ title }) => title === 'OpenID Connect')?.findings.map(({ message }) => message),
        ['Waits until Certificate is well.'],
      );
  });

  test('old versions and more suites than the profile', async () => {
    const { exit, complaints } = await visit(undefined, { minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' });
    assert.equal(exit, 14);
    assert.equal(complaints[0], 'TLS: It speaks TLS 1.0, TLS 1.1; TLS 1.2 is the oldest that is allowed.');
    assert.match(
      complaints[1] ?? '',
      /^TLS: TLS 1\.2 takes more than the profile: .*TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA/,
    );
  });

  test('plain HTTP where HTTPS should be, and nothing at all', async () => {
    await using plain = await listening(createHttpServer((_req, res) => res.end('hello')));
    const http = await diagnose(HOST, { port: String(plain.port) });
    assert.equal(http.exit, 13);
    assert.match(http.complaints[0] ?? '', /speaks plain HTTP on that port\. Use the port of HTTPS\.$/);
    const nothing = await diagnose(HOST, { port: '1' });
    assert.deepEqual([nothing.exit, nothing.complaints], [12, ['Connection: 127.0.0.1:1 refuses the connection.']]);
  });
});

describe('sso doctor looks at plain HTTP', () => {
  const CASES: [string, number, (https: number) => string | undefined, string | undefined][] = [
    ['a permanent redirect to the same place', 308, https => `https://${HOST}:${https}/sso-doctor?probe=1`, undefined],
    ['a redirect that is not permanent', 302, https => `https://${HOST}:${https}/sso-doctor?probe=1`, 'with 302.'],
    ['a redirect to the start page', 301, https => `https://${HOST}:${https}/`, 'Plain HTTP is sent to https://'],
    ['a page', 200, () => undefined, 'answered with 200 instead of a redirect'],
  ];
  for (const [name, status, location, complaint] of CASES)
    test(name, async () => {
      await using clinic = await openClinic();
      await using https = await clinic.serve(HOST);
      const headers = { location: location(https.port) };
      await using http = await listening(
        createHttpServer((_req, res) =>
          res.writeHead(status, headers.location === undefined ? {} : { ...headers }).end(),
        ),
      );
      const ports = { port: String(https.port), 'http-port': String(http.port) };
      const { complaints } = await diagnose(HOST, { ...ports, ca: clinic.caFile });
      const about = complaints.filter(line => line.startsWith('HTTP: '));
      if (complaint === undefined) assert.deepEqual(about, []);
      else assert.ok(about.length === 1 && about[0]?.includes(complaint), about.join());
    });
});
