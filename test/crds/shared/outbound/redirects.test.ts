import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createGuard } from '#crds/shared/outbound/guard.ts';
import { clientOf, type Endpoint, redirect, startEndpoint } from './endpoint.ts';

describe('where a call may lead', () => {
  let endpoint: Endpoint;
  before(async () => {
    endpoint = await startEndpoint();
  });
  after(() => endpoint[Symbol.asyncDispose]());

  test('a redirect is a failure that names the origin only, unless some are followed', async () => {
    const paths = { '/away': redirect('/hello'), '/round': redirect('/round'), '/post': redirect('/echo', 307) };
    await using other = await endpoint.serve(paths);
    const url = (path: string): string => `https://idp.example:${other.port}${path}`;
    await assert.rejects(clientOf(endpoint).fetch(url('/away')), {
      code: 'Status',
      message: `idp.example:${other.port} answered 302, a redirect to https://idp.example:${other.port}.`,
    });
    const following = clientOf(endpoint, { limits: { redirects: 2 } });
    const { body, url: last } = await following.fetch(url('/away'));
    assert.deepEqual([body.toString(), last.href], ['hello', url('/hello')]);
    await assert.rejects(following.fetch(url('/round')), { code: 'Status', status: 302 });
    const posted = await following.fetch(url('/post'), { method: 'POST', body: 'a=1' });
    assert.equal(posted.body.toString(), 'a=1');
  });

  test('a redirect to loopback, to metadata or to plain HTTP is not followed anywhere', async () => {
    let visits = 0;
    await using inside = await endpoint.serve({ '/': () => (visits += 1) }, { address: '127.0.0.2' });
    const targets = [`https://127.0.0.2:${inside.port}/`, 'https://169.254.169.254/', 'https://[::ffff:127.0.0.2]/'];
    for (const target of targets) {
      await using outside = await endpoint.serve({ '/': redirect(target) });
      const following = clientOf(endpoint, { limits: { redirects: 3 } });
      await assert.rejects(following.fetch(`https://idp.example:${outside.port}/`), { code: 'Blocked' });
    }
    await using plain = await endpoint.serve({ '/': redirect('http://idp.example/') });
    const call = clientOf(endpoint, { limits: { redirects: 3 } }).fetch(`https://idp.example:${plain.port}/`);
    await assert.rejects(call, { code: 'BadAddress' });
    assert.equal(visits, 0);
  });

  test('a redirect to another origin takes no headers along, and does not happen at all with a body', async () => {
    const away = redirect(endpoint.at('/headers', 'other.example'), 307);
    await using first = await endpoint.serve({ '/': away });
    const following = clientOf(endpoint, { limits: { redirects: 1 } });
    const headers = { authorization: 'Bearer secret', cookie: 'a=1' };
    const url = `https://idp.example:${first.port}/`;
    const { body } = await following.fetch(url, { headers });
    const seen = JSON.parse(body.toString()) as Record<string, string>;
    assert.deepEqual(
      [seen['authorization'], seen['cookie'], seen['host']],
      [undefined, undefined, `other.example:${endpoint.port}`],
    );
    const posted = following.fetch(url, { method: 'POST', headers, body: 'secret' });
    await assert.rejects(posted, { code: 'Status', status: 307 });
  });

  test('what was judged is dialled, though the name leads elsewhere by then (DNS rebinding)', async () => {
    let isRebound = false;
    await using inside = await endpoint.serve({ '/hello': (_req, res) => res.end('inside') }, { address: '127.0.0.2' });
    const answers = [['127.0.0.1'], ['127.0.0.2']];
    const outbound = clientOf(endpoint, {
      lookup: async () => {
        isRebound = answers.length === 1;
        return answers.shift() ?? [];
      },
    });
    const { body } = await outbound.fetch(endpoint.at('/hello'));
    assert.deepEqual([body.toString(), isRebound], ['hello', false]);
    await assert.rejects(outbound.fetch(`https://idp.example:${inside.port}/hello`), { code: 'Blocked' });
  });

  test('of several addresses only those that are allowed are dialled', async () => {
    const outbound = clientOf(endpoint, { lookup: () => Promise.resolve(['127.0.0.2', '10.0.0.1', '127.0.0.1']) });
    assert.equal((await outbound.fetch(endpoint.at('/hello'))).status, 200);
  });

  test('loopback in decimal, octal, hexadecimal and mapped spelling is refused before any connection', async () => {
    const strict = clientOf(endpoint, { guard: createGuard({ cidrs: [], hostSuffixes: [] }) });
    const hosts = [
      '127.0.0.1',
      '2130706433',
      '0177.0.0.1',
      '0x7f.1',
      '127.1',
      '127.0.0.1.',
      '[::1]',
      '[::ffff:7f00:1]',
      '0',
    ];
    for (const host of hosts)
      await assert.rejects(strict.fetch(`https://${host}:${endpoint.port}/hello`), { code: 'Blocked' }, host);
    await assert.rejects(strict.fetch(endpoint.at('/hello')), {
      code: 'Blocked',
      message: /leads to 127\.0\.0\.1, where/,
    });
  });
});
