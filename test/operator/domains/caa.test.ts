import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { gatherCaa, judgeCaa } from '#operator/domains/caa.ts';
import { createDnsQuestions, type DnsQuestions } from '#operator/domains/dns-questions.ts';
import type { Zone } from '#test/support/dns-message.ts';
import { type DnsServer, startDnsServer } from '#test/support/dns-server.ts';

const A = ['192.0.2.1'];
const ZONE: Zone = {
  'acme.example': { CAA: ['0 issue letsencrypt.org; validationmethods=dns-01', '0 issue pki.example'] },
  'login.acme.example': { A },
  'own.acme.example': { CAA: ['0 issue other.example'] },
  'alias.acme.example': { CNAME: 'elsewhere.example' },
  'elsewhere.example': { CAA: ['0 issue elsewhere-ca.example'] },
  'closed.example': { CAA: ['0 issue ;'] },
  'wild.example': { CAA: ['0 issue letsencrypt.org', '0 issuewild ;'] },
  'report.example': { CAA: ['0 iodef mailto:security@report.example'] },
  'odd.example': { CAA: ['128 future value', '0 issue letsencrypt.org'] },
  'tolerant.example': { CAA: ['0 future value', '0 issue letsencrypt.org'] },
  'broken.example': { fails: 'servfail' },
  'sub.broken.example': { A },
  'plain.test': { A },
};

describe('who may issue certificates (RFC 8659)', () => {
  let server: DnsServer;
  let dns: DnsQuestions;
  before(async () => {
    server = await startDnsServer(ZONE);
    dns = createDnsQuestions({ label: 'test', servers: [server.address], milliseconds: 300 });
  });
  after(() => server[Symbol.asyncDispose]());

  const judge = async (host: string, issuer?: string) => judgeCaa(await gatherCaa(dns, host), { host, issuer });
  const reason = async (host: string, issuer?: string): Promise<string> => (await judge(host, issuer)).reason;

  test('the closest name that has records decides, up to the top of the tree', async () => {
    assert.equal(await reason('login.acme.example', 'letsencrypt.org'), 'Allowed');
    assert.equal(await reason('deep.down.acme.example', 'PKI.example.'), 'Allowed');
    assert.equal(await reason('own.acme.example', 'letsencrypt.org'), 'Forbidden');
    assert.equal(await reason('own.acme.example', 'other.example'), 'Allowed');
    server.asked.length = 0;
    assert.equal(await reason('login.plain.test', 'letsencrypt.org'), 'Allowed');
    assert.deepEqual(
      server.asked.map(question => question.replace('udp CAA ', '')),
      ['login.plain.test', 'plain.test', 'test'],
    );
  });

  test('the records at the end of a CNAME come before those of the parent', async () => {
    assert.equal(await reason('alias.acme.example', 'elsewhere-ca.example'), 'Allowed');
    assert.equal(await reason('alias.acme.example', 'letsencrypt.org'), 'Forbidden');
  });

  test('who is not named gets the record to add; an empty name forbids everybody', async () => {
    const { message, records } = await judge('login.acme.example', 'ca.example');
    assert.equal(message, 'The CAA records of acme.example let letsencrypt.org, pki.example issue, not ca.example.');
    assert.deepEqual(records, ['acme.example. 300 IN CAA 0 issue "ca.example"']);
    assert.equal(await reason('closed.example', 'letsencrypt.org'), 'Forbidden');
    assert.equal(await reason('closed.example'), 'Forbidden');
    assert.match((await judge('closed.example')).message, /let nobody issue/);
  });

  test('issuewild alone counts for a wildcard where there is one, else issue does', async () => {
    assert.equal(await reason('wild.example', 'letsencrypt.org'), 'Allowed');
    assert.equal(await reason('*.wild.example', 'letsencrypt.org'), 'Forbidden');
    assert.equal(await reason('*.acme.example', 'letsencrypt.org'), 'Allowed');
  });

  test('a critical property that nobody knows forbids; without the flag it is passed over', async () => {
    assert.equal(await reason('odd.example', 'letsencrypt.org'), 'UnknownCritical');
    assert.equal(await reason('tolerant.example', 'letsencrypt.org'), 'Allowed');
  });

  test('records that restrict nothing allow everybody', async () => {
    assert.equal(await reason('report.example', 'letsencrypt.org'), 'Allowed');
  });

  test('a failure on the way up is no permission', async () => {
    assert.equal(await reason('sub.broken.example', 'letsencrypt.org'), 'Unanswered');
    assert.equal(await reason('broken.example'), 'Unanswered');
  });
});
