import { constants } from 'node:crypto';
import { createServer, type SecureContext, type SecureVersion, type Server, type TLSSocket } from 'node:tls';
import { opensslList } from '#crds/shared/pure/cipher-suites.ts';
import type { Registry, Tenant } from '#idp/tenants/tenant.ts';
import { CertificateContexts } from './contexts.ts';
import { UnknownName } from './refusals.ts';

/**
 * One TLS server a distinct policy, built when a tenant first needs it: Node's SNI contexts switch certificate and key only,
 * suites and versions are those of the server. None of them listens; sockets are handed to them.
 */

export type TlsPolicy = Tenant['document']['tls'];

export interface PolicyParts {
  registry: Registry;
  handshakeTimeoutMs: number;
  /** How many certificates are kept ready; absent: 1,000. */
  contexts: number | undefined;
  onSecure: (socket: TLSSocket) => void;
  onFailed: (error: Error, socket: TLSSocket) => void;
}

const MIN_VERSION: Record<TlsPolicy['minVersion'], SecureVersion> = { '1.2': 'TLSv1.2', '1.3': 'TLSv1.3' };

export class PolicyServers {
  private readonly parts: PolicyParts;
  private readonly contexts: CertificateContexts;
  private readonly servers = new Map<string, Server>();

  constructor(parts: PolicyParts) {
    this.parts = parts;
    this.contexts = new CertificateContexts(parts.contexts);
  }

  serverOf(policy: TlsPolicy): Server {
    const key = keyOf(policy);
    const server = this.servers.get(key) ?? this.build(policy);
    this.servers.set(key, server);
    return server;
  }

  /** Options that make a Node server speak a policy and nothing else. There is no default certificate on purpose. */
  private build(policy: TlsPolicy): Server {
    const server = createServer({
      ciphers: opensslList(policy.profile),
      honorCipherOrder: true,
      minVersion: MIN_VERSION[policy.minVersion],
      maxVersion: 'TLSv1.3',
      ALPNProtocols: ['http/1.1'],
      handshakeTimeout: this.parts.handshakeTimeoutMs,
      // Without tickets no session of one tenant can be resumed at another (Node keeps no other server-side cache).
      secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_CIPHER_SERVER_PREFERENCE,
      SNICallback: (name, done) => {
        try {
          done(null, this.contextOf(policy, name));
        } catch (error) {
          done(error instanceof Error ? error : new UnknownName());
        }
      },
    });
    return server.on('secureConnection', this.parts.onSecure).on('tlsClientError', this.parts.onFailed);
  }

  /** Asks again: the tenant may have changed since the hello was seen, and OpenSSL may have read another name in it. */
  private contextOf(policy: TlsPolicy, name: string): SecureContext {
    const tenant = this.parts.registry.current().byHost.get(name.toLowerCase());
    const isOurs = tenant !== undefined && keyOf(tenant.document.tls) === keyOf(policy);
    const context = isOurs ? this.contexts.contextOf(tenant) : undefined;
    if (context === undefined) throw new UnknownName('no tenant of this policy has this name');
    return context;
  }
}

function keyOf({ profile, minVersion }: TlsPolicy): string {
  return `${profile} ${minVersion}`;
}
