import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Configuration } from '#idp/tenants/configuration.ts';
import type { Refusal } from '#idp/tls/refusals.ts';
import { createTlsServer } from '#idp/tls/server.ts';
import { makeTenant, type Pair, type TenantWish } from '#test/idp/tenants/fixture.ts';
import { makeCertificate } from '#test/support/certificate.ts';

/** The TLS front with two tenants, on a free loopback port. */

export interface Front extends AsyncDisposable {
  port: number;
  server: ReturnType<typeof createTlsServer>;
  configuration: Configuration;
  refusals: { refusal: Refusal; name: string | undefined }[];
  /** Puts a tenant, or puts it anew, with a certificate of its own unless the wish names one. */
  tenant(name: string, wish?: TenantWish): Promise<void>;
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

export async function startFront(
  handler: RequestListener = (_req, res) => res.end('hello'),
  handshakeTimeoutMs = 500,
): Promise<Front> {
  const configuration = makeConfiguration();
  const tenant: Front['tenant'] = async (name, wish = {}) => {
    const certificatePem = wish.certificatePem ?? (await makeCertificate([`${name}.localhost`]));
    feed(configuration, [makeTenant(name, { ...wish, certificatePem })]);
  };
  for (const name of ['acme', 'globex']) await tenant(name);
  const refusals: Front['refusals'] = [];
  const server = createTlsServer({
    registry: configuration.registry,
    handler,
    onRefused: (refusal, name) => refusals.push({ refusal, name }),
    handshakeTimeoutMs,
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    server,
    configuration,
    refusals,
    tenant,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
