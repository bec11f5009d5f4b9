import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect, createServer } from 'node:tls';
import { serverCertificate } from '#operator/keys/x509/certificate.ts';
import { type CaPair, openDevelopmentCa } from '#operator/local/development-ca.ts';

const now = (): Date => new Date();

function memoryStore(kept?: CaPair) {
  const store = {
    kept,
    saves: 0,
    load: async () => store.kept,
    save: async (pair: CaPair) => {
      store.kept = pair;
      store.saves += 1;
    },
  };
  return store;
}

/** The error code of a TLS client that trusts `ca` alone and calls `servername`; undefined when it is content. */
async function handshake(
  ca: string,
  served: { cert: string; key: string },
  servername: string,
): Promise<string | undefined> {
  const server = createServer({ cert: served.cert, key: served.key }).listen(0, '127.0.0.1');
  server.on('tlsClientError', () => undefined);
  await once(server, 'listening');
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  const socket = connect({ host: '127.0.0.1', port, servername, ca });
  try {
    return await new Promise(resolve => {
      socket.once('secureConnect', () => resolve(undefined));
      socket.once('error', (error: NodeJS.ErrnoException) =>
        resolve(error.code === 'UNSPECIFIED' ? error.message : error.code),
      );
    });
  } finally {
    socket.destroy();
    server.close();
  }
}

test('a TLS client that trusts the CA accepts the certificates it issues, and only for their hosts', async () => {
  const ca = await openDevelopmentCa({ store: memoryStore(), now });
  const issued = await ca.issue(['acme.localhost', 'globex.localhost']);
  assert.equal(await handshake(ca.certificate, issued, 'acme.localhost'), undefined);
  assert.equal(await handshake(ca.certificate, issued, 'globex.localhost'), undefined);
  assert.equal(await handshake(ca.certificate, issued, 'other.localhost'), 'ERR_TLS_CERT_ALTNAME_INVALID');
  const leaf = new X509Certificate(issued.cert);
  assert.equal(leaf.publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1');
  assert.equal(leaf.validToDate.getTime(), issued.notAfter.getTime());
});

test('the CA refuses a name outside localhost, and a client refuses such a certificate even when it was signed', async () => {
  const store = memoryStore();
  const ca = await openDevelopmentCa({ store, now });
  await assert.rejects(ca.issue(['login.bank.example']), /localhost only, not for login\.bank\.example/);
  await assert.rejects(ca.issue(['notlocalhost']), /not for notlocalhost/);

  const privateKey = createPrivateKey(store.kept?.key ?? '');
  const forged = serverCertificate(
    { commonName: 'login.bank.example', publicKey: createPublicKey(privateKey) },
    ['login.bank.example'],
    { commonName: 'sso-operator development CA', privateKey },
    { serial: Buffer.from([1]), notBefore: new Date(Date.now() - 1000), notAfter: new Date(Date.now() + 86_400_000) },
  );
  const code = await handshake(ca.certificate, { cert: forged, key: store.kept?.key ?? '' }, 'login.bank.example');
  assert.equal(code, 'permitted subtree violation');
});

test('the CA is made once and kept; one that ends within 400 days is replaced', async () => {
  const store = memoryStore();
  const first = await openDevelopmentCa({ store, now });
  const second = await openDevelopmentCa({ store, now });
  assert.equal(second.certificate, first.certificate);
  assert.equal(store.saves, 1);
  const late = await openDevelopmentCa({ store, now: () => new Date(Date.now() + 9.5 * 365 * 86_400_000) });
  assert.notEqual(late.certificate, first.certificate);
});

const OPENSSL = ['/usr/bin/openssl', '/usr/local/bin/openssl', '/opt/homebrew/bin/openssl'].find(path =>
  existsSync(path),
);

test('openssl reads the chain and finds nothing to object to', { skip: OPENSSL === undefined }, async t => {
  const dir = await mkdtemp(join(tmpdir(), 'sso-ca-'));
  t.after(() => rm(dir, { recursive: true }));
  const ca = await openDevelopmentCa({ store: memoryStore(), now });
  await writeFile(join(dir, 'ca.crt'), ca.certificate);
  await writeFile(join(dir, 'leaf.crt'), (await ca.issue(['acme.localhost'])).cert);
  const args = [
    'verify',
    '-x509_strict',
    '-purpose',
    'sslserver',
    '-CAfile',
    join(dir, 'ca.crt'),
    join(dir, 'leaf.crt'),
  ];
  assert.match(execFileSync(OPENSSL ?? '', args, { encoding: 'utf8' }), /leaf\.crt: OK/);
});
