import { constants } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { SecureContext, TLSSocket, TlsOptions } from 'node:tls';
import { opensslList, type TlsProfile } from '#crds/shared/pure/cipher-suites.ts';
import type { Registry } from '#idp/tenants/tenant.ts';
import { CertificateContexts } from './contexts.ts';
import { type Refusal, refusalOf, UnknownName } from './refusals.ts';

/**
 * TLS ended in this process: the exact suites of a profile in the server's order, one certificate a tenant by SNI, and a
 * refusal for everybody who names no tenant of ours. Knows nothing of HTTP beyond handing requests on.
 */

export interface TlsParts {
  registry: Registry;
  profile: TlsProfile;
  handler: RequestListener;
  onRefused: (refusal: Refusal, name: string | undefined) => void;
  handshakeTimeoutMs?: number;
  contexts?: number;
}

/** Options that make a Node server speak a profile and nothing else. There is no default certificate on purpose. */
function policyOptions(profile: TlsProfile): TlsOptions {
  return {
    ciphers: opensslList(profile),
    honorCipherOrder: true,
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    ALPNProtocols: ['http/1.1'],
    // Without tickets no session of one tenant can be resumed at another (Node keeps no other server-side cache).
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_CIPHER_SERVER_PREFERENCE,
  };
}

export function createTlsServer(parts: TlsParts): Server {
  const contexts = new CertificateContexts(parts.contexts);
  const server = createServer(
    {
      ...policyOptions(parts.profile),
      handshakeTimeout: parts.handshakeTimeoutMs ?? 10_000,
      SNICallback: (name, done) => {
        try {
          done(null, lookUp(parts.registry, contexts, name));
        } catch (error) {
          done(error instanceof Error ? error : new UnknownName());
        }
      },
    },
    parts.handler,
  );
  server.on('tlsClientError', (error: Error, socket: TLSSocket) => {
    const name = servernameOf(socket);
    parts.onRefused(refusalOf(error, name), name);
    socket.destroy();
  });
  return server;
}

function lookUp(registry: Registry, contexts: CertificateContexts, name: string): SecureContext {
  const tenant = registry.current().byHost.get(name.toLowerCase());
  const context = tenant === undefined ? undefined : contexts.contextOf(tenant);
  if (context === undefined) throw new UnknownName('no tenant has this name');
  return context;
}

/** The name that the client sent, if it got that far. */
export function servernameOf(socket: object): string | undefined {
  const name = 'servername' in socket ? socket.servername : undefined;
  return typeof name === 'string' ? name.toLowerCase() : undefined;
}
