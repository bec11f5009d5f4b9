import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Zone } from '#test/support/dns-message.ts';
import { type DnsServer, startDnsServer } from '#test/support/dns-server.ts';
import { type Clinic, diagnose, discoveryOf, json, openClinic, type Pages } from './bench.ts';

const ZONE: Zone = {
  'login.nowhere.example': { CNAME: 'ingress.nowhere.example' },
  'ingress.nowhere.example': { A: ['127.0.0.1'] },
  'wrong.nowhere.example': { A: ['192.0.2.1'] },
  'nowhere.example': { CAA: ['0 issue pki.example'] },
};

/** Names that no real server knows: this machine finds nothing, and the resolver of the test is the outside. */
describe('sso doctor asks a resolver of its own', () => {
  let dns: DnsServer;
  let clinic: Clinic;
  before(async () => {
    [dns, clinic] = [await startDnsServer(structuredClone(ZONE)), await openClinic()];
  });
  after(async () => {
    await dns[Symbol.asyncDispose]();
    await clinic[Symbol.asyncDispose]();
  });

  test('a host that only the outside knows is a split horizon, and is dialled where it should lead', async () => {
    await using server = await clinic.serve('login.nowhere.example');
    const options = {
      port: String(server.port),
      ca: clinic.caFile,
      resolver: dns.address,
      target: 'ingress.nowhere.example',
    };
    const { exit, complaints, steps } = await diagnose('login.nowhere.example', options);
    assert.equal(exit, 10);
    assert.equal(complaints[0], 'DNS: This machine finds no address for login.nowhere.example.');
    const said = steps[0]?.findings.map(({ message }) => message) ?? [];
    assert.ok(
      said.includes(`${dns.address}: login.nowhere.example leads to ingress.nowhere.example (127.0.0.1).`),
      said.join('\n'),
    );
    const beyond = steps.find(({ title }) => title === 'OpenID Connect')?.findings ?? [];
    assert.deepEqual(
      beyond.map(({ level }) => level),
      ['ok', 'ok', 'ok'],
      'the server was reached and examined all the same',
    );
  });

  test('HSTS that is missing or short is told', async () => {
    for (const [hsts, said] of [
      [{}, 'OpenID Connect: HSTS is not sent.'],
      [{ 'strict-transport-security': 'max-age=300' }, 'OpenID Connect: HSTS lasts 300 seconds only.'],
    ] as const) {
      const host = 'login.nowhere.example';
      const page = (origin: string): Pages => ({
        '/.well-known/openid-configuration': json(discoveryOf(origin), hsts),
      });
      await using server = await clinic.serve(host, page);
      const options = { port: String(server.port), ca: clinic.caFile, resolver: dns.address, target: '127.0.0.1' };
      const { complaints } = await diagnose(host, options);
      assert.ok(complaints.includes(said), complaints.join('\n'));
    }
  });

  test('the record to create is shown where the host leads elsewhere or is not there', async () => {
    for (const host of ['wrong.nowhere.example', 'none.nowhere.example']) {
      const options = { port: '1', resolver: dns.address, target: 'ingress.nowhere.example' };
      const { exit, steps } = await diagnose(host, options);
      assert.equal(exit, 10);
      const lines = steps[0]?.findings.flatMap(({ fix = [] }) => fix) ?? [];
      assert.ok(lines.includes(`${host}. 300 IN CNAME ingress.nowhere.example.`), lines.join('\n'));
    }
  });

  test('an authority that CAA does not name gets the record to add', async () => {
    const options = { port: '1', resolver: dns.address, target: '127.0.0.1', issuer: 'letsencrypt.org' };
    const { steps } = await diagnose('login.nowhere.example', options);
    assert.deepEqual(steps[1], {
      title: 'CAA',
      exit: 11,
      findings: [
        {
          level: 'failed',
          message: 'The CAA records of nowhere.example let pki.example issue, not letsencrypt.org.',
          fix: ['Add beside what is there:', 'nowhere.example. 300 IN CAA 0 issue "letsencrypt.org"'],
        },
      ],
    });
  });
});
