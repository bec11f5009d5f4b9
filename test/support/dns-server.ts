import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { answerQuery, type Zone } from './dns-message.ts';

/** A recursive DNS server of the test on one loopback port, UDP and TCP (RFC 1035). Its zone may change while it runs. */

export interface DnsServer extends AsyncDisposable {
  /** `127.0.0.1:port`, as resolvers want it. */
  address: string;
  port: number;
  zone: Zone;
  /** What was asked, in order: `udp A acme.example`. */
  asked: string[];
}

export async function startDnsServer(zone: Zone): Promise<DnsServer> {
  const tcp = createServer(socket => serveTcp(socket)).listen(0, '127.0.0.1');
  await once(tcp, 'listening');
  const bound = tcp.address();
  const port = bound !== null && typeof bound === 'object' ? bound.port : 0;
  const udp = createSocket('udp4', (query, from) => serveUdp(query, from)).bind(port, '127.0.0.1');
  await once(udp, 'listening');
  const sockets = new Set<Socket>();
  const server: DnsServer = {
    address: `127.0.0.1:${port}`,
    port,
    zone,
    asked: [],
    async [Symbol.asyncDispose]() {
      udp.close();
      for (const socket of sockets) socket.destroy();
      tcp.close();
      await once(tcp, 'close');
    },
  };
  const answer = (query: Buffer, transport: 'udp' | 'tcp'): Buffer | undefined => {
    const { question, reply } = answerQuery(server.zone, query, transport);
    server.asked.push(`${transport} ${question}`);
    return reply;
  };
  const serveUdp = (query: Buffer, from: RemoteInfo): void => {
    const reply = answer(query, 'udp');
    if (reply !== undefined) udp.send(reply, from.port, from.address);
  };
  const serveTcp = (socket: Socket): void => {
    sockets.add(socket);
    let seen = Buffer.alloc(0);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.on('data', chunk => {
      seen = Buffer.concat([seen, chunk]);
      while (seen.length >= 2 && seen.length >= 2 + seen.readUInt16BE(0)) {
        const end = 2 + seen.readUInt16BE(0);
        const reply = answer(seen.subarray(2, end), 'tcp');
        seen = seen.subarray(end);
        if (reply === undefined) continue;
        const length = Buffer.alloc(2);
        length.writeUInt16BE(reply.length);
        socket.write(Buffer.concat([length, reply]));
      }
    });
  };
  return server;
}
