import { createServer, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Registry } from '#idp/tenants/tenant.ts';
import { dismiss, type Farewell, farewellTo, farewellToHello } from './farewell.ts';
import { peek, type Sight } from './peek.ts';
import { PolicyServers } from './policy-servers.ts';
import { type Refusal, refusalOf } from './refusals.ts';

/**
 * TLS ended in this process: the exact suites and versions that each tenant asks for, one certificate a tenant, and a
 * refusal for everybody who names no tenant of ours. Knows nothing of HTTP beyond handing requests on.
 *
 *   socket ──▶ peek at the ClientHello ──▶ tenant by name ──▶ TLS server of its policy ──▶ HTTP
 */

export interface TlsParts {
  registry: Registry;
  handler: RequestListener;
  onRefused: (refusal: Refusal, name: string | undefined) => void;
  /** For the hello, and again for the rest of the handshake. Default: 10 s. */
  handshakeTimeoutMs?: number;
  contexts?: number;
}

/** Where sockets go, once it is known whose they are. */
interface Front {
  registry: Registry;
  policies: PolicyServers;
  onRefused: TlsParts['onRefused'];
}

const HANDSHAKE_TIMEOUT_MS = 10_000;

/** An HTTP server that is given its connections by TLS servers instead of by the port. */
export function createTlsServer({ registry, handler, onRefused, ...limits }: TlsParts): Server {
  const handshakeTimeoutMs = limits.handshakeTimeoutMs ?? HANDSHAKE_TIMEOUT_MS;
  const server = createServer(handler);
  // It goes on counting connections, watching slow senders and closing idle ones; only its ears are new.
  const speakHttp = server.listeners('connection');
  const policies = new PolicyServers({
    registry,
    handshakeTimeoutMs,
    contexts: limits.contexts,
    onSecure: socket => speakHttp.forEach(listener => void Reflect.apply(listener, server, [socket])),
    onFailed: (error, socket) => {
      onRefused(refusalOf(error), servernameOf(socket));
      socket.destroy();
    },
  });
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    // As in every TLS server of Node: who ends the connection gets no more of it. HTTP servers leave it half open.
    socket.allowHalfOpen = false;
    socket.on('error', () => undefined);
    peek(socket, handshakeTimeoutMs, sight => receive({ registry, policies, onRefused }, socket, sight));
  });
  return server;
}

function receive(front: Front, socket: Socket, sight: Sight): void {
  if (sight.kind !== 'hello') return refuse(front, socket, farewellTo(sight.kind));
  const { hello } = sight;
  const tenant = hello.name === undefined ? undefined : front.registry.current().byHost.get(hello.name);
  const policy = tenant?.certificate ? tenant.document.tls : undefined;
  const farewell = farewellToHello(hello, policy);
  if (farewell !== undefined) refuse(front, socket, farewell, hello.name);
  else if (policy !== undefined) front.policies.serverOf(policy).emit('connection', socket);
}

function refuse({ onRefused }: Front, socket: Socket, farewell: Farewell, name?: string): void {
  onRefused(farewell.refusal, name);
  dismiss(socket, farewell);
}

/** The name that the client sent, if it got that far. */
export function servernameOf(socket: object): string | undefined {
  const name = 'servername' in socket ? socket.servername : undefined;
  return typeof name === 'string' ? name.toLowerCase() : undefined;
}
