import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Configuration } from '#idp/tenants/configuration.ts';
import type { Refusal } from '#idp/tls/refusals.ts';
import { createTlsServer } from '#idp/tls/server.ts';
import { makeTenant, type Pair } from '#test/idp/tenants/fixture.ts';
import { makeCertificate } from '#test/support/certificate.ts';

/** The TLS front with two tenants, on a free loopback port. */

export interface Front extends AsyncDisposable {
  port: number;
  configuration: Configuration;
  refusals: { refusal: Refusal; name: string | undefined }[];
}

export function feed(configuration: Configuration, pairs: Pair[]): void {
  for (const pair of pairs) {
    for (const secret of pair.secrets) configuration.sinks.secrets.changed(secret);
    configuration.sinks.configMaps.changed(pair.configMap);
  }
}

export function makeConfiguration(): Configuration {
  const configuration = new Configuration({
    clock: Date.now,
    schedule: task => task(),
    onProblem: () => undefined,
    onChange: () => undefined,
  });
  configuration.sinks.configMaps.replaced([], '1');
  configuration.sinks.secrets.replaced([], '1');
  return configuration;
}

export async function startFront(handler: RequestListener = (_req, res) => res.end('hello')): Promise<Front> {
  const configuration = makeConfiguration();
  for (const name of ['acme', 'globex'])
    feed(configuration, [makeTenant(name, { certificatePem: await makeCertificate([`${name}.localhost`]) })]);
  const refusals: Front['refusals'] = [];
  const server = createTlsServer({
    registry: configuration.registry,
    handler,
    onRefused: (refusal, name) => refusals.push({ refusal, name }),
    handshakeTimeoutMs: 500,
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    configuration,
    refusals,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
