import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { StoreUnavailable } from '#idp/storage/store.ts';
import { createPerson } from '#test/support/person.ts';
import { CALLBACK, type Face, startFace } from './face.ts';
import { type Ask, ask, type Told } from './wire.ts';

function atAcme(face: Face, wish: Ask): Promise<Told> {
  const headers = { host: `acme.localhost:${face.port}`, ...wish.headers };
  return ask(face, { servername: 'acme.localhost', ...wish, headers });
}

describe('the gate, without proxies', () => {
  let face: Face;
  before(async () => {
    face = await startFace();
  });
  after(() => face[Symbol.asyncDispose]());
  const acme = (wish: Ask = {}): Promise<Told> => atAcme(face, wish);

  test('a known SNI with an unknown Host is a plain page, 421, that names the host and the request', async () => {
    const told = await acme({ headers: { host: 'stranger.example' } });
    assert.equal(told.status, 421);
    assert.match(told.body, /stranger\.example/);
    assert.match(told.body, new RegExp(String(told.headers['x-request-id'])));
    assert.doesNotMatch(told.body, /Acme/);
  });

  test("a known SNI with another tenant's Host is 421 and never the other tenant", async () => {
    const told = await acme({ headers: { host: 'globex.localhost' } });
    assert.equal(told.status, 421);
    assert.doesNotMatch(told.body, /Globex/);
  });

  test('what a Host holds is escaped where it is shown', async () => {
    const told = await acme({ headers: { host: '"><script>alert(1)</script>' } });
    assert.equal(told.status, 400);
    assert.doesNotMatch(told.body, /<script>alert/);
  });

  test('X-Forwarded-Host, Forwarded and their kin of a stranger change nothing', async () => {
    const evil = {
      'x-forwarded-host': 'globex.localhost',
      'x-forwarded-proto': 'http',
      'x-forwarded-port': '1',
      'x-forwarded-prefix': '/evil',
      'x-original-url': '/evil',
      'x-rewrite-url': '/evil',
      forwarded: 'host=globex.localhost;proto=http',
    };
    const path = '/.well-known/openid-configuration';
    const [spoofed, honest] = [await acme({ path, headers: evil }), await acme({ path })];
    assert.equal(spoofed.body, honest.body);
    assert.ok(honest.body.includes(`"issuer":"https://acme.localhost:${face.port}"`));
    assert.ok(honest.body.includes(`"token_endpoint":"https://acme.localhost:${face.port}/token"`));
  });

  test('the port in a Host header changes no address that we give out', async () => {
    const told = await acme({ path: '/.well-known/openid-configuration', headers: { host: 'ACME.localhost:1' } });
    assert.ok(told.body.includes(`"token_endpoint":"https://acme.localhost:${face.port}/token"`));
  });

  test('two Host headers and an absolute-form target are refused', async () => {
    for (const head of [
      'GET / HTTP/1.1\r\nHost: acme.localhost\r\nHost: globex.localhost\r\n',
      'GET http://globex.localhost/ HTTP/1.1\r\nHost: acme.localhost\r\n',
    ]) {
      const answer = await new Promise<string>(resolve => {
        const socket = connect(face.plainPort, '127.0.0.1', () => socket.write(`${head}Connection: close\r\n\r\n`));
        socket.once('data', data => resolve(String(data).split('\r\n')[0] ?? ''));
      });
      assert.equal(answer, 'HTTP/1.1 400 Bad Request');
    }
  });

  test('plain HTTP: GET and HEAD are redirected to the same path, anything else is refused', async () => {
    const headers = { host: 'acme.localhost' };
    for (const method of ['GET', 'HEAD']) {
      const told = await ask(face, { method, path: '/auth?a=b', headers });
      assert.deepEqual([told.status, told.headers.location], [308, `https://acme.localhost:${face.port}/auth?a=b`]);
    }
    const told = await ask(face, { method: 'POST', path: '/token', headers, body: 'client_secret=x' });
    assert.deepEqual([told.status, told.headers.location], [403, undefined]);
  });

  test('plain HTTP: a stranger who claims X-Forwarded-Proto https is redirected all the same', async () => {
    const told = await ask(face, { headers: { host: 'acme.localhost', 'x-forwarded-proto': 'https' } });
    assert.equal(told.status, 308);
  });
});

describe('sizes, pages and headers', () => {
  let face: Face;
  before(async () => {
    face = await startFace();
  });
  after(() => face[Symbol.asyncDispose]());
  const acme = (wish: Ask = {}): Promise<Told> => atAcme(face, wish);

  for (const path of ['/interaction/abc/login', '/token', '/'])
    test(`a body of 2 MB at ${path} is a plain page, 413`, async () => {
      const body = Buffer.alloc(2 * 1024 * 1024, 'a');
      const type = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': String(body.length) };
      const told = await acme({ method: 'POST', path, headers: type, body });
      assert.equal(told.status, 413);
      assert.match(told.body, /too large/);
    });

  test('a body of 2 MB that does not tell its length is refused too', async () => {
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      'transfer-encoding': 'chunked',
      origin: `https://acme.localhost:${face.port}`,
    };
    for (const path of ['/interaction/abc/login', '/token']) {
      const told = await acme({ method: 'POST', path, headers, body: Buffer.alloc(2 * 1024 * 1024, 'a') });
      assert.ok(told.status >= 400 && told.status < 500, `${path}: ${told.status}`);
    }
  });

  test('an address that nobody has is a page for people and JSON for programs, 404', async () => {
    const page = await acme({ path: '/nowhere', headers: { accept: 'text/html' } });
    assert.deepEqual([page.status, /There is no such page/.test(page.body)], [404, true]);
    const json = await acme({ path: '/nowhere' });
    assert.deepEqual([json.status, JSON.parse(json.body).error], [404, 'not_found']);
  });

  test('pages come with strict headers and are not cached; the stylesheet is cached for a year', async () => {
    const { headers, body } = await acme();
    assert.match(String(headers['content-security-policy']), /default-src 'none'.*frame-ancestors 'none'/);
    assert.doesNotMatch(String(headers['content-security-policy']), /unsafe/);
    assert.deepEqual([headers['x-frame-options'], headers['cache-control']], ['DENY', 'no-store']);
    assert.equal(headers['x-powered-by'], undefined);
    const path = /href="(\/assets\/[^"]+\.css)"/.exec(body)?.[1] ?? '';
    const style = await acme({ path });
    assert.deepEqual([style.status, style.headers['cache-control']], [200, 'public, max-age=31536000, immutable']);
    const other = await acme({ path: path.replace(/assets\/[^/]+/, 'assets/older') });
    assert.deepEqual([other.status, other.headers['cache-control']], [200, 'no-store']);
  });

  test('an open redirect is not to be had: an address that is not registered gets a page that names it', async () => {
    const person = createPerson({ ca: face.ca });
    for (const uri of [
      'https://evil.example/cb',
      `${CALLBACK}.evil.example`,
      `${CALLBACK}/../x`,
      'https://wiki.example@evil.example/cb',
    ]) {
      const page = await person.open(face.authorizeUrl('acme.localhost', { redirect_uri: uri }));
      assert.equal(page.status, 400);
      assert.equal(page.headers.location, undefined);
      assert.ok(page.body.includes(uri.replaceAll('&', '&amp;')), page.body);
    }
  });
});

test('HSTS is sent, but not for the names of a development machine', async () => {
  await using face = await startFace();
  const domain = 'login.corp.example';
  await face.tenant('corp', { domain, issuer: `https://${domain}` });
  const corp = await ask(face, { servername: domain, headers: { host: domain } });
  assert.equal(corp.headers['strict-transport-security'], 'max-age=31536000');
  const acme = await ask(face, { servername: 'acme.localhost', headers: { host: 'acme.localhost' } });
  assert.equal(acme.headers['strict-transport-security'], undefined);
});

describe('the gate, behind a trusted proxy', () => {
  let face: Face;
  before(async () => {
    face = await startFace({ trusted: ['127.0.0.0/8', '10.0.0.0/8'] });
  });
  after(() => face[Symbol.asyncDispose]());

  test('its X-Forwarded-Proto counts, its X-Forwarded-Host does not', async () => {
    const headers = { host: 'acme.localhost', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'globex.localhost' };
    const told = await ask(face, { headers });
    assert.equal(told.status, 200);
    assert.match(told.body, /Acme/);
    assert.equal((await ask(face, { headers: { host: 'acme.localhost', 'x-forwarded-proto': 'http' } })).status, 308);
  });

  test('the address of a person is the right-most one that is no proxy', async () => {
    const person = createPerson({ ca: face.ca });
    const page = await person.open(face.authorizeUrl('acme.localhost'));
    const action = /action="([^"]+\/login)"/.exec(page.body)?.[1] ?? '';
    const headers = {
      origin: page.url.origin,
      'content-type': 'application/x-www-form-urlencoded',
      'x-forwarded-for': '6.6.6.6, 203.0.113.9, 10.1.2.3',
    };
    await person.open(new URL(action, page.url), { method: 'POST', headers, body: 'username=ada&password=wrong' });
    assert.equal(face.audit.at(-1)?.ip, '203.0.113.9');
  });
});

test('a store that is away is 503 with Retry-After, and nobody is signed out', async () => {
  const state = { isAway: false };
  await using face = await startFace({
    store: store =>
      new Proxy(store, {
        get: (target, name) => {
          const value: unknown = Reflect.get(target, name);
          if (typeof value !== 'function' || name === 'close') return value;
          return (...given: unknown[]) =>
            state.isAway ? Promise.reject(new StoreUnavailable('away')) : Reflect.apply(value, target, given);
        },
      }),
  });
  const person = createPerson({ ca: face.ca });
  const page = await person.open(face.authorizeUrl('acme.localhost'));
  const cookies = [...person.cookies];
  state.isAway = true;
  for (const url of [page.url, face.authorizeUrl('acme.localhost')]) {
    const told = await person.open(url);
    assert.deepEqual([told.status, told.headers['retry-after']], [503, '5']);
    assert.match(told.body, /You are not signed out/);
    const again = /<a class="button" href="([^"]*)">Try again/.exec(told.body)?.[1]?.replaceAll('&amp;', '&');
    assert.equal(again, new URL(url).href);
    assert.equal(told.headers['set-cookie'], undefined);
  }
  state.isAway = false;
  assert.deepEqual([...person.cookies], cookies);
  assert.equal((await person.open(page.url)).status, 200);
});
