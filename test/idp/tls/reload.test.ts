import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { makeTenant, type Pair } from '#test/idp/tenants/fixture.ts';
import { ask } from '#test/idp/web/wire.ts';
import { makeCa, type TestCertificate } from '#test/support/certificate.ts';
import { freePort, startProgram, until } from '#test/support/program.ts';

/** A new certificate under load, at the program itself. */

const SECONDS = 4;
const SWAP_AFTER_MS = 1_500;
const PER_SECOND = 100;

interface Answer {
  /** Milliseconds of the monotonic clock when it was asked and when it was there. */
  askedAt: number;
  at: number;
  status: number;
  serial: string;
}

async function save(folder: string, { configMap, secrets }: Pair): Promise<void> {
  for (const object of [...secrets, configMap]) {
    const place = join(folder, `${object.kind.toLowerCase()}s`);
    await mkdir(place, { recursive: true });
    await writeFile(join(place, `${object.metadata.name}.json`), JSON.stringify(object));
  }
}

/** On a connection of its own, checked against the CA. */
function visit(port: number, ca: string): Promise<Answer> {
  const askedAt = performance.now();
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, servername: 'acme.localhost', ca, agent: false as const };
    const outgoing = request({ ...options, headers: { host: `acme.localhost:${port}` } }, response => {
      const serial = (response.socket as TLSSocket).getPeerCertificate().serialNumber;
      response.resume().on('end', () => {
        resolve({ askedAt, at: performance.now(), status: response.statusCode ?? 0, serial });
      });
    });
    outgoing.on('error', reject).end();
  });
}

test('a certificate swapped under 100 requests a second fails none, and the new one is shown within 2 s', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'sso-reload-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const [ca, port, adminPort] = [await makeCa(), await freePort(), await freePort()];
  const tenant = (certificatePem: TestCertificate): Pair =>
    makeTenant('acme', { issuer: `https://acme.localhost:${port}`, certificatePem });
  const [before, after] = [await ca.issue(['acme.localhost']), await ca.issue(['acme.localhost'])];
  await save(folder, tenant(before));
  await using program = startProgram(['idp/main.ts'], {
    SSO_SOURCE: `folder:${folder}`,
    SSO_LISTEN: '127.0.0.1',
    SSO_HTTPS_PORT: String(port),
    SSO_ADMIN_PORT: String(adminPort),
    SSO_LOG_LEVEL: 'error',
  });
  const readyz = { port: 0, plainPort: adminPort, ca: '' };
  await until('ready', async () => ((await ask(readyz, { path: '/readyz' })).status === 200 ? true : undefined));

  const visits: Promise<Answer>[] = [];
  const begun = performance.now();
  let swappedAt = Number.POSITIVE_INFINITY;
  const swap = delay(SWAP_AFTER_MS).then(async () => {
    await save(folder, tenant(after));
    swappedAt = performance.now();
  });
  for (let at = 0; at < SECONDS * PER_SECOND; at += 1) {
    await delay(Math.max(0, begun + (at * 1000) / PER_SECOND - performance.now()));
    visits.push(visit(port, ca.ca));
  }
  const seconds = (performance.now() - begun) / 1000;
  await swap;
  const answers = await Promise.allSettled(visits);
  const good = answers.flatMap(answer => (answer.status === 'fulfilled' ? [answer.value] : []));
  const failed = answers.length - good.filter(({ status }) => status === 200).length;
  const serial = new X509Certificate(after.cert).serialNumber;
  const first = good.find(answer => answer.serial === serial);
  const lastOld = good.findLast(answer => answer.serial !== serial);
  t.diagnostic(
    `${answers.length} requests in ${seconds.toFixed(1)} s, ${failed} failed; new serial after ${((first?.at ?? 0) - swappedAt).toFixed(0)} ms`,
  );
  assert.equal(failed, 0, program.output());
  assert.ok(good.length > 3 * PER_SECOND, 'the load was real');
  assert.ok(first !== undefined && first.at - swappedAt < 2_000);
  assert.ok(lastOld !== undefined && lastOld.askedAt - swappedAt < 2_000, 'nobody sees the old one afterwards');
  assert.ok(
    lastOld.at > begun && good.some(answer => answer.at < swappedAt),
    'there was load on both sides of the swap',
  );
});
