import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { type Demo, startDemo } from '#operator/local/demo/server.ts';
import { NO_CHROMIUM, openBrowser } from '#test/support/browser.ts';
import { makeCertificate } from '#test/support/certificate.ts';
import { type House, startHouse } from '#test/support/house.ts';
import { freePort } from '#test/support/program.ts';
import { ADA, applyQuickstart, credentialsOf } from '#test/support/quickstart.ts';

/** Chromium and the demo app against the product on a real API server. */

let house: House;
let demo: Demo;

before(async () => {
  if (NO_CHROMIUM !== false) return;
  house = await startHouse();
  const port = await freePort();
  await applyQuickstart(house, port);
  await house.ready('oidcclient', 'team-acme', 'wiki');
  await house.ready('oidcclient', 'analytics', 'reports');
  const wiki = await credentialsOf(house, 'team-acme', 'wiki-oidc');
  const reports = { ...(await credentialsOf(house, 'analytics', 'reports-sso')), application: 'Reports' };
  const certificate = await makeCertificate(['demo.localhost']);
  demo = await startDemo({ clients: async () => [wiki, reports], port, certificate, ca: await house.ca() });
});
after(async () => {
  await demo?.[Symbol.asyncDispose]();
  await house?.[Symbol.asyncDispose]();
});

async function signIn(page: Page): Promise<void> {
  await page.getByLabel('Username').fill(ADA.username);
  await page.getByLabel('Password', { exact: true }).fill(ADA.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

for (const javaScriptEnabled of [true, false]) {
  test(`a person signs in at the demo app, sees the claims and signs out (${javaScriptEnabled ? 'with' : 'without'} JavaScript)`, {
    skip: NO_CHROMIUM,
  }, async () => {
    await using browser = await openBrowser({ javaScriptEnabled });
    const page = await browser.newPage();
    await page.goto(`${demo.origin}/sign-in?client=team-acme/wiki-oidc`);
    assert.match(page.url(), new RegExp(`^https://acme\\.localhost:${house.port}/interaction/`));
    await signIn(page);
    await page.getByRole('heading', { name: 'Hello, Ada Lovelace' }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    assert.equal(new URL(page.url()).host, `acme.localhost:${house.port}`);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(`${demo.origin}/**`);
    await page.goto(`${demo.origin}/sign-in?client=team-acme/wiki-oidc`);
    await page.getByLabel('Password', { exact: true }).waitFor();
  });
}

test('one sign-in opens the second application, which asks for consent once', { skip: NO_CHROMIUM }, async () => {
  await using browser = await openBrowser();
  const page = await browser.newPage();
  await page.goto(`${demo.origin}/sign-in?client=team-acme/wiki-oidc`);
  await signIn(page);
  await page.getByRole('heading', { name: 'Hello, Ada Lovelace' }).waitFor();
  await page.goto(`${demo.origin}/sign-in?client=analytics/reports-sso`);
  await page.getByRole('button', { name: /Allow|Continue/ }).click();
  await page.getByRole('heading', { name: 'Hello, Ada Lovelace' }).waitFor();
  await page.goto(`${demo.origin}/sign-in?client=analytics/reports-sso`);
  await page.getByRole('heading', { name: 'Hello, Ada Lovelace' }).waitFor();
});

test('the pages on the way pass axe in light and dark', { skip: NO_CHROMIUM }, async () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    await using browser = await openBrowser({ colorScheme });
    const page = await browser.newPage();
    const check = async (where: string): Promise<void> => {
      const { violations } = await new AxeBuilder({ page })
        .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'])
        .analyze();
      assert.deepEqual(
        violations.map(({ id, nodes }) => `${where}: ${id} ${nodes[0]?.html}`),
        [],
      );
    };
    await page.goto(`${demo.origin}/`);
    await check('demo home');
    await page.goto(`${demo.origin}/sign-in?client=analytics/reports-sso`);
    await check('sign-in');
    await signIn(page);
    await check('consent');
    await page.getByRole('button', { name: /Allow|Continue/ }).click();
    await check('claims');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await check('logout');
  }
});
