import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gatherCaa, judgeCaa } from '#operator/domains/caa.ts';
import { createDnsQuestions } from '#operator/domains/dns-questions.ts';
import { addressesOf, gatherHost } from '#operator/domains/host-facts.ts';
import { judgeTarget } from '#operator/domains/host-target.ts';
import { NO_COREDNS, startCoreDns } from '#test/support/coredns.ts';

const many = Array.from({ length: 120 }, (_, at) => `many IN A 192.0.2.${at + 1}`).join('\n');
const ZONE = `$ORIGIN acme.example.
$TTL 60
@        IN SOA ns hostmaster 1 3600 600 86400 60
         IN NS ns
         IN CAA 0 issue "letsencrypt.org; accounturi=https://acme.example/acct/1"
ns       IN A 127.0.0.1
ingress  IN A 203.0.113.7
         IN AAAA 2001:db8::7
login    IN CNAME alias
alias    IN CNAME ingress
*.wild   IN CNAME ingress
text     IN TXT "nothing else"
closed   IN CAA 128 issue ";"
odd      IN CAA 128 future "x"
${many}
`;

test('a DNS server that is not ours is read the same way: chains, wildcards, TCP, CAA', {
  skip: NO_COREDNS,
}, async () => {
  await using server = await startCoreDns('acme.example', ZONE);
  const dns = createDnsQuestions({ label: 'CoreDNS', servers: [server.address], milliseconds: 1_000 });
  const target = await gatherHost(dns, 'ingress.acme.example');
  const reason = async (name: string): Promise<string> =>
    judgeTarget(await gatherHost(dns, `${name}.acme.example`), target).reason;
  assert.deepEqual((await gatherHost(dns, 'login.acme.example')).chain, ['alias.acme.example', 'ingress.acme.example']);
  for (const [name, expected] of [
    ['login', 'Leads'],
    ['any.wild', 'Leads'],
    ['none', 'NotFound'],
    ['text', 'NotFound'],
  ] as const)
    assert.equal(await reason(name), expected, name);
  assert.deepEqual(
    [await dns.a('none.acme.example'), await dns.a('text.acme.example')],
    [
      { kind: 'none', why: 'NxDomain' },
      { kind: 'none', why: 'NoData' },
    ],
  );
  assert.deepEqual(await dns.a('elsewhere.example'), { kind: 'failed', why: 'Refused' });
  assert.equal(addressesOf(await gatherHost(dns, 'many.acme.example')).length, 120, 'it does not fit into UDP');
  const caa = async (host: string) => judgeCaa(await gatherCaa(dns, host), { host, issuer: 'letsencrypt.org' }).reason;
  assert.equal(await caa('login.acme.example'), 'Allowed');
  assert.equal(await caa('closed.acme.example'), 'Forbidden');
  assert.equal(await caa('odd.acme.example'), 'UnknownCritical');
});
