import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deviationsOf, type IngressDriver } from '#operator/render/drivers/driver.ts';
import { driverOf, PREFIXES, SUPPORTED } from '#operator/render/drivers/index.ts';
import { judgeAddresses, judgeIngressTls, refuseController } from '#operator/rules/exposure.ts';

const HAPROXY = 'haproxy-ingress.github.io/controller';
const CASE = { className: 'web', supported: SUPPORTED };

test('a controller is known by its exact name', () => {
  assert.equal(driverOf(HAPROXY)?.name, 'HAProxy Ingress');
  for (const other of [undefined, '', 'k8s.io/ingress-nginx', `${HAPROXY}/x`, 'toString', 'constructor'])
    assert.equal(driverOf(other), undefined);
});

test('every annotation of a driver stands under the prefixes that are ours alone', () => {
  const driver = driverOf(HAPROXY);
  for (const minVersion of ['1.2', '1.3'] as const)
    for (const name of Object.keys(driver?.annotations({ profile: 'Strict', minVersion }) ?? {}))
      assert.ok(
        PREFIXES.some(prefix => name.startsWith(prefix)),
        name,
      );
});

test('what a driver cannot keep is refused word for word', () => {
  const driver: IngressDriver = {
    name: 'Halfway',
    abilities: {
      minVersion: 'exact',
      suites12: { not: 'c024 is not there' },
      suites13: 'exact',
      order: { not: 'no order' },
    },
    prefixes: [],
    annotations: () => ({}),
  };
  const controller = {
    kind: 'supported',
    name: driver.name,
    deviations: deviationsOf(driver),
    note: undefined,
  } as const;
  const refused = refuseController({ ...CASE, controller });
  assert.equal(refused?.reason, 'ControllerNotSupported');
  assert.match(
    refused.message,
    /Halfway cannot keep the TLS profile: c024 is not there; no order\. Nothing is published/,
  );
});

test('what is asked for is said with what nobody looked at', () => {
  const driver = driverOf(HAPROXY);
  assert.ok(driver);
  const controller = {
    kind: 'supported',
    name: driver.name,
    deviations: deviationsOf(driver),
    note: driver.note,
  } as const;
  assert.equal(refuseController({ ...CASE, controller }), undefined);
  const said = judgeIngressTls({ ...CASE, controller }, { profile: 'Strict', minVersion: '1.2' });
  assert.deepEqual([said.status, said.reason], ['True', 'NotProbed']);
  assert.match(
    said.message,
    /HAProxy Ingress for profile Strict, TLS 1\.2 or newer, exactly\. .*CHACHA20.* No handshake/,
  );
});

test('an Ingress without an address is not exposed yet, and many addresses stay a sentence', () => {
  assert.equal(judgeAddresses('web', []).status, 'Unknown');
  const many = Array.from({ length: 500 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
  assert.ok(judgeAddresses('web', many).message.length < 300);
});
