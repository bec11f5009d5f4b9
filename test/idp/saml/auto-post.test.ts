import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { autoPostPage, autoPostPolicy, POST_SCRIPT } from '#idp/saml/auto-post.ts';
import { NO_CHROMIUM, openBrowser } from '#test/support/browser.ts';

/** The page in a real browser: with scripts it goes on by itself, without them by a button; nothing in it runs. */

const RELAY = `"><script src="/evil.js"></script><img src=x onerror="document.title='evil'">&amp; ü 'x' <!--`;

async function serve() {
  const posted: URLSearchParams[] = [];
  const asked: string[] = [];
  const answer = async (req: IncomingMessage): Promise<[type: string, body: string]> => {
    asked.push(req.url ?? '');
    if (req.method === 'POST') {
      posted.push(new URLSearchParams(await text(req)));
      return ['text/html', '<!doctype html><title>there</title>'];
    }
    if (req.url === POST_SCRIPT.path) return ['text/javascript', POST_SCRIPT.text];
    return [
      'text/html',
      autoPostPage({
        action: `${origin}/acs`,
        fields: { SAMLResponse: 'AAAA', RelayState: RELAY },
        displayName: 'Acme <b>',
      }),
    ];
  };
  const server = createServer((req, res) => {
    void answer(req).then(([type, body]) => {
      res.setHeader('content-security-policy', autoPostPolicy(`${origin}/acs`));
      res.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(body);
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = async () => {
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  };
  return { origin, posted, asked, [Symbol.asyncDispose]: close };
}

for (const javaScriptEnabled of [true, false])
  test(`the form goes off ${javaScriptEnabled ? 'by itself' : 'by its button, without scripts'}, with RelayState byte for byte`, {
    skip: NO_CHROMIUM,
  }, async () => {
    await using site = await serve();
    await using browser = await openBrowser({ javaScriptEnabled });
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('console', message => complaints.push(message.text()));
    await page.goto(`${site.origin}/saml/continue`);
    if (!javaScriptEnabled) {
      assert.equal(await page.title(), 'Acme <b>');
      assert.equal(await page.locator('script').count(), 1);
      await page.getByRole('button', { name: 'Continue' }).click();
    }
    await page.waitForURL('**/acs');
    assert.equal(await page.title(), 'there');
    assert.deepEqual(
      [...(site.posted[0] ?? [])],
      [
        ['SAMLResponse', 'AAAA'],
        ['RelayState', RELAY],
      ],
    );
    assert.ok(!site.asked.includes('/evil.js'));
    assert.deepEqual(
      complaints.filter(text => !text.includes('favicon')),
      [],
    );
  });
