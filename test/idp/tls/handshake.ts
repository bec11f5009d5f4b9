import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { type ConnectionOptions, connect } from 'node:tls';

/** Handshakes by Node's own client, and a raw ClientHello for what no OpenSSL of today would offer. */

export interface Greeting {
  suite: string;
  version: string;
  fingerprint: string;
}

/** The suite that was agreed on; rejects with the client's error when refused. */
export async function shakeHands(port: number, options: ConnectionOptions = {}): Promise<Greeting> {
  const socket = connect({
    port,
    host: '127.0.0.1',
    servername: 'acme.localhost',
    rejectUnauthorized: false,
    ...options,
  });
  try {
    await once(socket, 'secureConnect');
    return {
      suite: socket.getCipher().standardName,
      version: socket.getProtocol() ?? '',
      fingerprint: socket.getPeerCertificate().fingerprint256,
    };
  } finally {
    socket.destroy();
  }
}

/** SSL 3.0 is 0x0300, TLS 1.0 0x0301, TLS 1.1 0x0302, TLS 1.2 0x0303. */
export function clientHello(version: number, suites: number[]): Buffer {
  const u16 = (value: number): number[] => [value >> 8, value & 0xff];
  const name = [...Buffer.from('acme.localhost')];
  const serverName = [0, ...u16(name.length), ...name];
  const extensions = [
    [...u16(0), ...u16(serverName.length + 2), ...u16(serverName.length), ...serverName],
    [...u16(10), ...u16(4), ...u16(2), ...u16(23)],
    [...u16(11), ...u16(2), 1, 0],
    [...u16(13), ...u16(6), ...u16(4), ...u16(0x0403), ...u16(0x0401)],
  ].flat();
  const body = [
    ...u16(version),
    ...Array<number>(32).fill(7),
    0,
    ...u16(suites.length * 2),
    ...suites.flatMap(u16),
    1,
    0,
    ...(version === 0x0300 ? [] : [...u16(extensions.length), ...extensions]),
  ];
  const handshake = [1, 0, ...u16(body.length), ...body];
  return Buffer.from([22, ...u16(Math.min(version, 0x0301)), ...u16(handshake.length), ...handshake]);
}

export type Answer = { alert: number } | { serverHello: number } | 'closed';

/** What a server says to a raw hello: the version and suite that it picked, an alert, or nothing. */
export async function sayHello(port: number, hello: Buffer): Promise<Answer> {
  const socket = connectTcp(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(hello);
  const [first] = (await Promise.race([once(socket, 'data'), once(socket, 'close')])) as [Buffer | boolean];
  socket.destroy();
  if (!(first instanceof Buffer)) return 'closed';
  return first[0] === 21 ? { alert: first[6] ?? 0 } : { serverHello: first.readUInt16BE(9) };
}
