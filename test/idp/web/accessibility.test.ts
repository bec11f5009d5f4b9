import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { NO_CHROMIUM, openBrowser } from '#test/support/browser.ts';
import { type Face, PASSWORD, startFace } from './face.ts';

/** Every page of the house in a real browser, by axe and by hand, in light and dark, on a phone and a desktop. */

const PHONE = { width: 320, height: 640 };
const DESKTOP = { width: 1280, height: 900 };
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

type Way = (page: Page, face: Face) => Promise<unknown>;

const toSignIn: Way = (page, face) => page.goto(face.authorizeUrl('acme.localhost').href);
const toConsent: Way = async (page, face) => {
  await toSignIn(page, face);
  await fill(page, PASSWORD);
  await page.waitForSelector('.grants');
};
const toLogout: Way = async (page, face) => {
  await toConsent(page, face);
  await page.goto(`https://acme.localhost:${face.port}/session/end?client_id=apps.wiki`);
};

const PAGES: Record<string, Way> = {
  home: (page, face) => page.goto(`https://acme.localhost:${face.port}/`),
  'sign-in': toSignIn,
  'sign-in with a choice of source': (page, face) => page.goto(face.authorizeUrl('globex.localhost').href),
  'sign-in that failed': async (page, face) => {
    await toSignIn(page, face);
    await fill(page, 'wrong');
    await page.waitForSelector('#error');
  },
  consent: toConsent,
  logout: toLogout,
  'signed out': async (page, face) => {
    await toLogout(page, face);
    await page.click('text=Sign out >> nth=-1');
    await page.waitForSelector('text=You are signed out');
  },
  expired: async (page, face) => {
    await toSignIn(page, face);
    await page.context().clearCookies();
    await page.reload();
  },
  'redirect mismatch': (page, face) =>
    page.goto(face.authorizeUrl('acme.localhost', { redirect_uri: 'https://evil.example/cb' }).href),
  'not found': (page, face) => page.goto(`https://acme.localhost:${face.port}/nowhere`),
  paused: (page, face) => page.goto(`https://paused.localhost:${face.port}/`),
};

async function fill(page: Page, password: string): Promise<void> {
  await page.fill('#username', 'ada');
  await page.fill('#password', password);
  await page.press('#password', 'Enter');
}

async function startPages(): Promise<Face> {
  const face = await startFace();
  await face.tenant('globex', { sourceNames: ['Staff', 'Partners and guests'] });
  await face.tenant('paused', { paused: true });
  return face;
}

describe('pages in a browser', { skip: NO_CHROMIUM }, () => {
  let face: Face;
  before(async () => {
    face = await startPages();
  });
  after(() => face[Symbol.asyncDispose]());

  for (const [scheme, viewport] of [
    ['light', DESKTOP],
    ['dark', PHONE],
  ] as const)
    test(`axe finds nothing on any page, ${scheme}, ${viewport.width} px wide`, async () => {
      await using context = await openBrowser({ colorScheme: scheme, viewport });
      for (const [name, go] of Object.entries(PAGES)) {
        await context.clearCookies();
        const page = await context.newPage();
        const complaints: string[] = [];
        page.on('console', message => {
          if (/Content Security Policy/.test(message.text())) complaints.push(message.text());
        });
        await go(page, face);
        const { violations } = await new AxeBuilder({ page }).withTags(RULES).analyze();
        const found = violations.map(one => `${one.id}: ${one.nodes.map(node => node.html).join(' ')}`);
        assert.deepEqual([...found, ...complaints], [], name);
        const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
        assert.equal(overflow, 0, `${name} scrolls sideways`);
        await page.close();
      }
    });

  test('without JavaScript and by keyboard alone, a person gets to consent', async () => {
    await using context = await openBrowser({ javaScriptEnabled: false });
    const page = await context.newPage();
    await toSignIn(page, face);
    await page.locator('#username:focus').waitFor();
    await page.keyboard.type('ada');
    await page.keyboard.press('Tab');
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press('Enter');
    await page.waitForSelector('.grants');
    assert.equal(await page.locator('h1').textContent(), 'Let Team Wiki use your account?');
  });

  test('everything that is pressed is at least 24 by 24 pixels', async () => {
    await using context = await openBrowser({ viewport: PHONE });
    const page = await context.newPage();
    await page.goto(face.authorizeUrl('globex.localhost').href);
    for (const target of await page.locator('button, a, input:not([type=radio]), label.choice').all()) {
      const box = await target.boundingBox();
      assert.ok(box && box.width >= 24 && box.height >= 24, JSON.stringify(box));
    }
  });

  test('the button beside the password shows and hides it', async () => {
    await using context = await openBrowser();
    const page = await context.newPage();
    await toSignIn(page, face);
    await page.fill('#password', 'x');
    await page.getByRole('button', { name: 'Show password' }).click();
    assert.equal(await page.getAttribute('#password', 'type'), 'text');
    await page.getByRole('button', { name: 'Hide password' }).click();
    assert.equal(await page.getAttribute('#password', 'type'), 'password');
  });

  test('the way back to an application survives form-action, over all redirects', async () => {
    await using context = await openBrowser();
    await context.route('https://wiki.example/**', route => route.fulfill({ body: 'the wiki' }));
    const page = await context.newPage();
    await toConsent(page, face);
    await page.click('text=Allow >> nth=0');
    await page.waitForURL('https://wiki.example/cb?**');
  });
});
