import { existsSync } from 'node:fs';
import { type BrowserContext, chromium } from 'playwright-core';

/** Debian's Chromium, driven by playwright-core, with a fresh profile each time. */

const CANDIDATES = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

export const CHROMIUM = CANDIDATES.find(path => path !== undefined && existsSync(path));

export const NO_CHROMIUM =
  CHROMIUM === undefined && 'Chromium is missing: apt-get install chromium, or name one in CHROMIUM_PATH';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface BrowserOptions {
  colorScheme?: 'light' | 'dark';
  viewport?: { width: number; height: number };
  javaScriptEnabled?: boolean;
}

/** Certificates are not checked by the browser here: the tests check them with Node and the CA. */
export async function openBrowser(options: BrowserOptions = {}): Promise<BrowserContext & AsyncDisposable> {
  const browser = await chromium.launch({ executablePath: CHROMIUM ?? '', args: FLAGS });
  const context = await browser.newContext({ ignoreHTTPSErrors: true, ...options });
  context.setDefaultTimeout(10_000);
  return Object.assign(context, {
    [Symbol.asyncDispose]: async () => {
      await context.close();
      await browser.close();
    },
  });
}
