import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { AxeBuilder } from '@axe-core/playwright';
import { type SAML, ValidateInResponseTo } from '@node-saml/node-saml';
import type { BrowserContext, Page } from 'playwright-core';
import { ENDPOINTS } from '#crds/schema/endpoints.ts';
import type { ConfigMap } from '#crds/schema/kinds.ts';
import { type DemoSamlClient, SAML_PATHS } from '#operator/local/demo/saml-sign-in.ts';
import { type Demo, startDemo } from '#operator/local/demo/server.ts';
import type { DemoClient } from '#operator/local/demo/sign-in.ts';
import { samlClientOf } from '#operator/local/demo-saml-clients.ts';
import { NO_CHROMIUM, openBrowser } from '#test/support/browser.ts';
import { makeCertificate } from '#test/support/certificate.ts';
import {
  givePassword,
  hello,
  intercept,
  moreApplications,
  openOidc,
  password,
  stopBeforeContinue,
} from '#test/support/demo-browser.ts';
import { type House, startHouse } from '#test/support/house.ts';
import { freePort } from '#test/support/program.ts';
import { applyQuickstart, credentialsOf } from '#test/support/quickstart.ts';
import { nodeSaml } from '#test/support/saml-applications.ts';

/** Chromium, and the demo app as four OIDC and four SAML applications, against the product on a real API server. */

const NAMES = ['one', 'two', 'three'];

let house: House;
let demo: Demo;
let ca: string;
let port: number;
let clients: DemoClient[];
let samlClients: DemoSamlClient[];

before(async () => {
  if (NO_CHROMIUM !== false) return;
  house = await startHouse();
  port = await freePort();
  await applyQuickstart(house, port);
  for (const name of NAMES) await house.apply(moreApplications(name, `https://demo.localhost:${port}`));
  for (const name of ['wiki', ...NAMES]) await house.ready('oidcclient', 'team-acme', name);
  for (const name of NAMES) await house.ready('samlclient', 'team-acme', `saml-${name}`);
  await house.ready('samlclient', 'sales', 'crm');
  ca = await house.ca();
  clients = await Promise.all(['wiki', ...NAMES].map(name => oidcClient(name)));
  samlClients = await Promise.all([
    samlClient('sales', 'crm', 'CRM'),
    ...NAMES.map(name => samlClient('team-acme', `saml-${name}`)),
  ]);
  const certificate = await makeCertificate(['demo.localhost']);
  demo = await startDemo({ clients: async () => clients, samlClients: async () => samlClients, port, certificate, ca });
});
after(async () => {
  await demo?.[Symbol.asyncDispose]();
  await house?.[Symbol.asyncDispose]();
});

async function oidcClient(name: string): Promise<DemoClient> {
  return { ...(await credentialsOf(house, 'team-acme', `${name}-oidc`)), key: `team-acme/${name}`, application: name };
}

async function samlClient(namespace: string, name: string, application = name): Promise<DemoSamlClient> {
  const { data = {} } = await house.get<ConfigMap>('configmap', namespace, `${name}-saml`);
  const told = samlClientOf(data);
  assert.ok(told);
  return { ...told, key: `${namespace}/${name}`, application, tenant: 'Acme' };
}

const signInTo = (protocol: 'oidc' | 'saml', key: string, more = ''): string =>
  `${demo.origin}${protocol === 'oidc' ? '' : '/saml'}/sign-in?client=${encodeURIComponent(key)}${more}`;
const CRM = 'sales/crm';
const WIKI = 'team-acme/wiki';

async function signIn(page: Page, protocol: 'oidc' | 'saml', key: string): Promise<void> {
  await page.goto(signInTo(protocol, key));
  await givePassword(page);
  await hello(page).waitFor();
}

/** Names of the applications at which the demo app shows a person. */
async function signedInAt(page: Page): Promise<string[]> {
  await page.goto(demo.origin);
  const names = await page.getByRole('link', { name: /^Ada Lovelace at / }).allInnerTexts();
  return names.map(name => name.replace(/^Ada Lovelace\s+at /, '')).sort();
}

describe('one session', { skip: NO_CHROMIUM }, () => {
  test('one password opens the OIDC and the SAML application, in either order', async () => {
    for (const [first, second] of [
      [
        ['oidc', WIKI],
        ['saml', CRM],
      ],
      [
        ['saml', CRM],
        ['oidc', WIKI],
      ],
    ] as const) {
      await using browser = await openBrowser();
      const page = await browser.newPage();
      await signIn(page, first[0], first[1]);
      await page.goto(signInTo(second[0], second[1]));
      await hello(page).waitFor();
      assert.match(await page.content(), /ada@acme\.example/);
    }
  });

  test('it works without JavaScript: the page that carries the answer has a button', async () => {
    await using browser = await openBrowser({ javaScriptEnabled: false });
    const page = await browser.newPage();
    await page.goto(signInTo('saml', CRM));
    await givePassword(page);
    await page.getByRole('button', { name: 'Continue' }).click();
    await hello(page).waitFor();
  });

  test('ForceAuthn asks for the password although somebody is signed in', async () => {
    await using browser = await openBrowser();
    const page = await browser.newPage();
    await signIn(page, 'saml', CRM);
    await page.getByRole('link', { name: 'Sign in again' }).click();
    await givePassword(page);
    await hello(page).waitFor();
    await page.goto(signInTo('saml', CRM));
    await hello(page).waitFor();
  });

  test('stripping prompt=login from the address does not defeat ForceAuthn', async () => {
    await using browser = await openBrowser();
    const page = await browser.newPage();
    await signIn(page, 'saml', CRM);
    // What was signed in within the same second is new enough.
    await delay(1100);
    let stripped = 0;
    await intercept(page, `*${ENDPOINTS.authorization}?*`, async address => {
      const url = new URL(address);
      if (url.searchParams.get('prompt') === 'login') stripped++;
      url.searchParams.delete('prompt');
      return url.href;
    });
    await page.goto(signInTo('saml', CRM, '&again=true'));
    await page.getByRole('heading', { name: 'No sign-in to CRM' }).waitFor();
    assert.match(await page.content(), /Nobody signed in/);
    assert.equal(stripped, 1);
  });

  test('IsPassive answers NoPassive where nobody is signed in, and signs in where somebody is', async () => {
    await using browser = await openBrowser();
    const page = await browser.newPage();
    assert.equal((await askPassively(page)).profile, null);
    await signIn(page, 'oidc', WIKI);
    assert.equal((await askPassively(page)).profile?.['name'], 'Ada Lovelace');
  });
});

/** By node-saml in place of the demo app, which has no button for it. */
async function askPassively(page: Page): ReturnType<SAML['validatePostResponseAsync']> {
  const client = samlClients.find(({ key }) => key === CRM);
  assert.ok(client);
  const sp = nodeSaml(
    { name: 'crm', idp: client.idp },
    {
      issuer: client.entityId,
      audience: client.entityId,
      callbackUrl: demo.origin + SAML_PATHS.acs,
      passive: true,
      validateInResponseTo: ValidateInResponseTo.always,
    },
  );
  const arrived = Promise.withResolvers<string>();
  await page.route(`${demo.origin}${SAML_PATHS.acs}`, async route => {
    arrived.resolve(route.request().postData() ?? '');
    await route.fulfill({ body: 'taken' });
  });
  await page.goto(await sp.getAuthorizeUrlAsync('', undefined, {}));
  const form = Object.fromEntries(new URLSearchParams(await arrived.promise));
  await page.unroute(`${demo.origin}${SAML_PATHS.acs}`);
  return sp.validatePostResponseAsync(form);
}

describe('a stored request', { skip: NO_CHROMIUM }, () => {
  test('is taken once, also by a browser that kept the cookie for it', async () => {
    await using browser = await openBrowser();
    await signIn(await browser.newPage(), 'oidc', WIKI);
    const address = await stopBeforeContinue(await browser.newPage(), signInTo('saml', CRM));
    const cookies = await browser.cookies();
    const page = await browser.newPage();
    await page.goto(address);
    await hello(page).waitFor();
    await browser.addCookies(cookies.filter(({ name }) => name.startsWith('__Host-saml-')));
    const again = await page.goto(address);
    assert.equal(again?.status(), 400);
    assert.equal(await page.locator('form').count(), 0);
  });

  test('cannot be continued by another browser, which does not spoil it either', async () => {
    await using own = await openBrowser();
    await using other = await openBrowser();
    await signIn(await own.newPage(), 'oidc', WIKI);
    const foreign = await other.newPage();
    await signIn(foreign, 'oidc', WIKI);
    const address = await stopBeforeContinue(await own.newPage(), signInTo('saml', CRM));
    const answer = await foreign.goto(address);
    assert.equal(answer?.status(), 400);
    assert.equal(await foreign.locator('form').count(), 0);
    const page = await own.newPage();
    await page.goto(address);
    await hello(page).waitFor();
  });
});

describe('one logout', { skip: NO_CHROMIUM }, () => {
  test('that begins at the SAML application ends the session of the OIDC application', async () => {
    await using browser = await openBrowser();
    const page = await browser.newPage();
    await signIn(page, 'oidc', WIKI);
    await page.goto(signInTo('saml', CRM));
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(`${demo.origin}/`);
    for (const [protocol, key] of [
      ['oidc', WIKI],
      ['saml', CRM],
    ] as const) {
      await page.goto(signInTo(protocol, key));
      await password(page).waitFor();
    }
  });

  test('that begins at the OIDC application is seen at the SAML application', async () => {
    await using browser = await openBrowser();
    const page = await browser.newPage();
    await signIn(page, 'saml', CRM);
    await page.goto(signInTo('oidc', WIKI));
    await hello(page).waitFor();
    assert.deepEqual(await signedInAt(page), ['CRM', 'wiki']);
    await page.getByRole('link', { name: 'Ada Lovelace at wiki' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign out of Acme?' }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(`${demo.origin}/`);
    assert.deepEqual(await signedInAt(page), []);
    await page.goto(signInTo('saml', CRM));
    await password(page).waitFor();
  });

  test('reaches eight applications that were opened at the same instant', async () => {
    await using browser = await openBrowser();
    const page = await browser.newPage();
    await signIn(page, 'saml', CRM);
    const [tokens] = await Promise.all([
      Promise.all(clients.map(client => openOidc(browser, { client, ca, origin: demo.origin }))),
      Promise.all(samlClients.map(({ key }) => openSaml(browser, key))),
    ]);
    for (const userInfo of tokens) assert.equal((await userInfo()).sub, 'people:ada');
    assert.deepEqual(await signedInAt(page), ['CRM', 'saml-one', 'saml-three', 'saml-two']);
    await page.getByRole('link', { name: 'Ada Lovelace at CRM' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(`${demo.origin}/`);
    assert.deepEqual(await signedInAt(page), [], 'each SAML application was told');
    for (const userInfo of tokens) await assert.rejects(userInfo(), 'the tokens of each OIDC application are dead');
  });
});

async function openSaml(browser: BrowserContext, key: string): Promise<void> {
  const page = await browser.newPage();
  await page.goto(signInTo('saml', key));
  await hello(page).waitFor();
}

for (const colorScheme of ['light', 'dark'] as const)
  test(`axe finds nothing on the SAML pages of the demo app, ${colorScheme}`, { skip: NO_CHROMIUM }, async () => {
    await using browser = await openBrowser({ colorScheme, viewport: { width: 390, height: 844 } });
    const page = await browser.newPage();
    const check = async (): Promise<void> => {
      const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag22aa']).analyze();
      assert.deepEqual(
        violations.map(({ id, help }) => `${id}: ${help}`),
        [],
      );
    };
    await page.goto(demo.origin);
    await check();
    await signIn(page, 'saml', CRM);
    await check();
    await page.goto(`${demo.origin}/saml/arrived?ticket=unknown`);
    await check();
  });
