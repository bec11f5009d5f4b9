import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { NO_CHROMIUM, openBrowser } from '#test/support/browser.ts';
import { type LocalMode, startLocalMode } from '#test/support/local-mode.ts';

/** The demo app in Chromium: cookies, CSP and redirects as a browser really treats them. */

let mode: LocalMode;
before(async () => {
  if (NO_CHROMIUM === false) mode = await startLocalMode();
});
after(() => mode?.[Symbol.asyncDispose]());

async function signIn(page: Page, application: string): Promise<void> {
  await page.goto(mode.demoOrigin);
  await page.getByRole('link', { name: `Sign in to ${application}` }).click();
  await page.getByLabel('Username').fill('ada');
  await page.getByLabel('Password', { exact: true }).fill('analytical-engine');
  await page.getByRole('button', { name: 'Sign in' }).click();
}

for (const javaScriptEnabled of [true, false]) {
  const name = `a person signs in, sees the claims and signs out, ${javaScriptEnabled ? 'with' : 'without'} JavaScript`;
  test(name, { skip: NO_CHROMIUM }, async () => {
    await using browser = await openBrowser({ javaScriptEnabled });
    const page = await browser.newPage();
    await signIn(page, 'Wiki');
    await page.getByRole('heading', { name: 'Hello, Ada Lovelace' }).waitFor();
    assert.equal(new URL(page.url()).origin, mode.demoOrigin);
    assert.match(await page.content(), /ada@acme\.example/);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign out of Acme?' }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: 'Sign in to Wiki' }).waitFor();
    assert.equal(page.url(), `${mode.demoOrigin}/`);
    await page.getByRole('link', { name: 'Sign in to Wiki' }).click();
    await page.getByLabel('Username').waitFor();
  });
}

test('one sign-in serves two applications of a tenant; the second asks for consent', {
  skip: NO_CHROMIUM,
}, async () => {
  await using browser = await openBrowser();
  const page = await browser.newPage();
  await signIn(page, 'Wiki');
  await page.getByRole('link', { name: 'All applications' }).click();
  await page.getByRole('link', { name: 'Sign in to Reports' }).click();
  await page.getByRole('button', { name: 'Allow', exact: true }).click();
  await page.getByRole('heading', { name: 'Hello, Ada Lovelace' }).waitFor();
  assert.match(await page.locator('.eyebrow').innerText(), /Reports/);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`axe finds nothing on the pages of the demo app, ${colorScheme}`, { skip: NO_CHROMIUM }, async () => {
    await using browser = await openBrowser({ colorScheme, viewport: { width: 390, height: 844 } });
    const page = await browser.newPage();
    const violations = async (): Promise<string[]> => {
      const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag22aa']).analyze();
      return violations.map(({ id, help }) => `${id}: ${help}`);
    };
    await page.goto(mode.demoOrigin);
    assert.deepEqual(await violations(), []);
    await page.goto(`${mode.demoOrigin}/nothing`);
    assert.deepEqual(await violations(), []);
    await signIn(page, 'Wiki');
    await page.getByRole('heading', { name: 'Hello, Ada Lovelace' }).waitFor();
    assert.deepEqual(await violations(), []);
  });
}
