import { clientHello, sayHello } from './handshake.ts';

/** What a server under the profile Strict must do, and what it must not, whatever program it is. */

export const TLS13 = ['TLS_AES_256_GCM_SHA384', 'TLS_AES_128_GCM_SHA256', 'TLS_CHACHA20_POLY1305_SHA256'];
export const TLS12 = [
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-SHA384',
  'ECDHE-ECDSA-AES128-SHA256',
];
/** Suites that people have to turn off somewhere: c009 c00a cca9 c02f c030 c028 9d 9c 2f 0a ccaa. */
const REFUSED12 = [0xc009, 0xc00a, 0xcca9, 0xc02f, 0xc030, 0xc028, 0x9d, 0x9c, 0x2f, 0x0a, 0xccaa];
const VERSIONS = { 'SSL 3.0': 0x0300, 'TLS 1.0': 0x0301, 'TLS 1.1': 0x0302 };

/** What the matrix finds at a server: the names of everything that it should not do. */
export async function deviations(port: number): Promise<string[]> {
  const found: string[] = [];
  for (const [name, version] of Object.entries(VERSIONS)) {
    const answer = await sayHello(port, clientHello(version, [0xc02c, 0xc00a, 0xc009, 0x2f]));
    if (answer !== 'closed' && 'serverHello' in answer) found.push(name);
  }
  for (const code of REFUSED12) {
    const answer = await sayHello(port, clientHello(0x0303, [code]));
    if (answer !== 'closed' && 'serverHello' in answer) found.push(code.toString(16));
  }
  return found;
}
