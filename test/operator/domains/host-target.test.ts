import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createDnsQuestions, type DnsQuestions } from '#operator/domains/dns-questions.ts';
import { addressesOf, gatherHost, type HostFacts } from '#operator/domains/host-facts.ts';
import { judgeTarget, type TargetVerdict } from '#operator/domains/host-target.ts';
import type { Zone } from '#test/support/dns-message.ts';
import { type DnsServer, startDnsServer } from '#test/support/dns-server.ts';

const TARGET = 'ingress.example.net';
const ZONE: Zone = {
  [TARGET]: { A: ['203.0.113.7', '203.0.113.8'], AAAA: ['2001:db8::7'] },
  'login.acme.example': { CNAME: 'acme.alias.example' },
  'acme.alias.example': { CNAME: TARGET },
  'same.example': { A: ['203.0.113.8'], AAAA: ['2001:db8:0:0:0:0:0:7'] },
  'v4.example': { A: ['203.0.113.7'] },
  'stale.example': { A: ['203.0.113.7'], AAAA: ['2001:db8::bad'] },
  'elsewhere.example': { CNAME: 'old.example' },
  'old.example': { A: ['198.51.100.1'] },
  'half.example': { A: ['203.0.113.7', '198.51.100.1'] },
  'dangling.example': { CNAME: 'gone.example' },
  'mail.example': { TXT: ['nothing but text'] },
  'round.example': { CNAME: 'about.example' },
  'about.example': { CNAME: 'round.example' },
  '*.wild.example': { CNAME: TARGET },
  'large.example': { CNAME: TARGET, isTruncated: true },
  'broken.example': { fails: 'servfail' },
  'refused.example': { fails: 'refused' },
  'silent.example': { fails: 'silence' },
};

describe('whether a host leads to the published target', () => {
  let server: DnsServer;
  let dns: DnsQuestions;
  let target: HostFacts;
  before(async () => {
    server = await startDnsServer(structuredClone(ZONE));
    dns = createDnsQuestions({ label: 'test', servers: [server.address], milliseconds: 300 });
    target = await gatherHost(dns, TARGET);
  });
  after(() => server[Symbol.asyncDispose]());

  const judge = async (host: string): Promise<TargetVerdict> => judgeTarget(await gatherHost(dns, host), target);

  test('a chain of CNAMEs to the target, a wildcard, and equal addresses lead there; nothing is left to create', async () => {
    for (const host of ['login.acme.example', 'any.wild.example', 'same.example', 'v4.example']) {
      const { reason, records } = await judge(host);
      assert.deepEqual({ host, reason, records }, { host, reason: 'Leads', records: [] });
    }
    const { chain } = await gatherHost(dns, 'login.acme.example');
    assert.deepEqual(chain, ['acme.alias.example', TARGET]);
  });

  test('a name that is not there, or has no address, gets the record to create, ready to paste', async () => {
    for (const [host, message] of [
      ['none.example', 'The name none.example does not exist.'],
      ['mail.example', 'mail.example exists, but has no address.'],
      ['dangling.example', 'dangling.example is a CNAME to gone.example, which has no address.'],
    ] as const)
      assert.deepEqual(await judge(host), {
        reason: 'NotFound',
        message,
        records: [`${host}. 300 IN CNAME ${TARGET}.`],
      });
  });

  test('another place is named with the way there, also when only one of two addresses is wrong', async () => {
    const { reason, message } = await judge('elsewhere.example');
    assert.equal(reason, 'WrongTarget');
    assert.match(message, /^elsewhere\.example -> old\.example leads to 198\.51\.100\.1, not to ingress\.example\.net/);
    assert.equal((await judge('half.example')).reason, 'WrongTarget');
  });

  test('right in IPv4 and wrong in IPv6 is told apart, since authorities try IPv6 first', async () => {
    const { reason, message } = await judge('stale.example');
    assert.equal(reason, 'StaleAaaa');
    assert.match(message, /2001:db8::bad/);
  });

  test('a circle is shown as one, though the server only says SERVFAIL', async () => {
    const { reason, message } = await judge('round.example');
    assert.equal(reason, 'Loop');
    assert.match(message, /round\.example -> about\.example -> round\.example/);
  });

  test('an answer that does not fit into UDP is fetched over TCP', async () => {
    assert.equal((await judge('large.example')).reason, 'Leads');
    assert.ok(server.asked.includes('tcp A large.example'));
  });

  test('each way to get no answer has its name, and none is taken for a missing record', async () => {
    for (const [host, why] of [
      ['broken.example', 'ServFail'],
      ['refused.example', 'Refused'],
      ['silent.example', 'Timeout'],
    ] as const) {
      const facts = await gatherHost(dns, host);
      assert.deepEqual(
        [facts.a, facts.aaaa],
        [
          { kind: 'failed', why },
          { kind: 'failed', why },
        ],
      );
      assert.deepEqual([(await judge(host)).reason, (await judge(host)).records], ['Unanswered', []]);
    }
    const nobody = createDnsQuestions({ label: 'nobody', servers: ['127.0.0.1:1'], milliseconds: 300 });
    assert.deepEqual(await nobody.a('any.example'), { kind: 'failed', why: 'Unreachable' });
  });

  test('a literal address as target is created as A or AAAA, and compares in any spelling', async () => {
    const [four, six] = [await gatherHost(dns, '192.0.2.1'), await gatherHost(dns, '2001:DB8:0::7')];
    const none = await gatherHost(dns, 'none.example');
    assert.deepEqual(judgeTarget(none, four).records, ['none.example. 300 IN A 192.0.2.1']);
    assert.deepEqual(judgeTarget(none, six).records, ['none.example. 300 IN AAAA 2001:db8::7']);
    assert.deepEqual(addressesOf(six), ['2001:db8::7']);
  });

  test('a target without an address is the fault of the target, not of the host', async () => {
    const verdict = judgeTarget(await gatherHost(dns, 'same.example'), await gatherHost(dns, 'none.example'));
    assert.deepEqual([verdict.reason, verdict.records], ['TargetHasNoAddress', []]);
  });

  test('a record that is created is found by the next question', async () => {
    assert.equal((await judge('late.example')).reason, 'NotFound');
    server.zone['late.example'] = { CNAME: TARGET };
    assert.equal((await judge('late.example')).reason, 'Leads');
  });
});
