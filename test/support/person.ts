import { type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request } from 'node:https';

/**
 * A person without a browser: keeps cookies as one does (by host and path, Secure and __Host- rules left to the browser
 * tests), follows redirects, fills in forms. Every name resolves to loopback, as *.localhost does in a browser.
 */

export interface Page {
  url: URL;
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Person {
  /** Follows redirects until a page comes, or until the address begins with one of `stopAt` (which is not fetched). */
  open(url: string | URL, init?: { method?: string; body?: string; headers?: Record<string, string> }): Promise<Page>;
  /** Submits the first form of the page (or the one whose markup contains `match`) with these values over its hidden fields. */
  submit(page: Page, fields?: Record<string, string>, match?: string): Promise<Page>;
  cookies: Map<string, string>;
}

export interface PersonOptions {
  ca: string;
  /** Addresses that belong to applications: the redirect to them ends the walk. */
  stopAt?: string[];
  /** Dial this port whatever the address says: one replica of several. */
  port?: number;
  /** Shared with another person of the same browser. */
  cookies?: Map<string, string>;
  /** Carries the requests instead: over a Service, with connections that are kept. */
  send?: Send;
}

export interface Sent {
  method: string;
  headers: Record<string, string>;
  body?: string;
}

/** One request to its whole answer; redirects are the person's business. */
export type Send = (url: URL, request: Sent) => Promise<Omit<Page, 'url'>>;

export function createPerson(options: PersonOptions): Person {
  const { cookies = new Map<string, string>() } = options;
  const person: Person = {
    cookies,
    open: (url, init = {}) => walk(new URL(url), init, { ...options, cookies }),
    submit: (page, fields = {}, match = '') => {
      const form = [...page.body.matchAll(/<form\b[\s\S]*?<\/form>/g)]
        .map(found => found[0])
        .find(html => html.includes(match));
      if (form === undefined)
        throw new Error(`no form on ${page.url.href} (${page.status}): ${page.body.slice(0, 400)}`);
      const values = new URLSearchParams({ ...hiddenFields(form), ...fields });
      const action = new URL(decode(attribute(form, 'action') ?? ''), page.url);
      const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: page.url.origin };
      return person.open(action, { method: 'POST', body: values.toString(), headers });
    },
  };
  return person;
}

interface Walk extends PersonOptions {
  cookies: Map<string, string>;
}

async function walk(
  url: URL,
  init: { method?: string; body?: string; headers?: Record<string, string> },
  how: Walk,
): Promise<Page> {
  let page = await fetchPage(url, init, how);
  for (let hops = 0; page.headers.location !== undefined && page.status >= 300 && page.status < 400; hops++) {
    if (hops > 20) throw new Error(`too many redirects at ${page.url.href}`);
    const next = new URL(page.headers.location, page.url);
    if (how.stopAt?.some(prefix => next.href.startsWith(prefix))) return { ...page, url: next };
    page = await fetchPage(next, {}, how);
  }
  return page;
}

async function fetchPage(
  url: URL,
  init: { method?: string; body?: string; headers?: Record<string, string> },
  how: Walk,
): Promise<Page> {
  const cookie = [...how.cookies]
    .filter(([key]) => isFor(key, url))
    .map(([key, value]) => `${key.split(' ')[2]}=${value}`)
    .join('; ');
  const headers = { host: url.host, accept: 'text/html', ...(cookie === '' ? {} : { cookie }), ...init.headers };
  const send = how.send ?? direct(how);
  const answer = await send(url, { ...init, method: init.method ?? 'GET', headers });
  for (const line of answer.headers['set-cookie'] ?? []) keepCookie(url, line, how.cookies);
  return { url, ...answer };
}

function direct({ ca, port }: PersonOptions): Send {
  return (url, { method, headers, body }) =>
    new Promise((resolve, reject) => {
      const outgoing = request(
        {
          host: '127.0.0.1',
          port: port ?? (url.port === '' ? 443 : url.port),
          servername: url.hostname,
          path: url.pathname + url.search,
          ca,
          method,
          headers,
        },
        response => void readAnswer(response).then(resolve, reject),
      );
      outgoing.on('error', reject).end(body);
    });
}

export async function readAnswer(response: IncomingMessage): Promise<Omit<Page, 'url'>> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() };
}

function keepCookie(url: URL, line: string, cookies: Map<string, string>): void {
  const [pair = '', ...attributes] = line.split(/;\s*/);
  const split = pair.indexOf('=');
  const path = attributes.find(text => text.toLowerCase().startsWith('path='))?.slice(5) ?? '/';
  const key = `${url.hostname} ${path} ${pair.slice(0, split)}`;
  const expires = attributes.find(text => text.toLowerCase().startsWith('expires='))?.slice(8);
  if (pair.slice(split + 1) === '' || (expires !== undefined && Date.parse(expires) < Date.now())) cookies.delete(key);
  else cookies.set(key, pair.slice(split + 1));
}

function isFor(key: string, url: URL): boolean {
  const [host, path = '/'] = key.split(' ');
  const under = url.pathname === path || url.pathname.startsWith(path.endsWith('/') ? path : `${path}/`);
  return host === url.hostname && under;
}

function hiddenFields(form: string): Record<string, string> {
  const inputs = [...form.matchAll(/<input\b[^>]*>/g)]
    .map(found => found[0])
    .filter(tag => attribute(tag, 'type') === 'hidden');
  return Object.fromEntries(inputs.map(tag => [attribute(tag, 'name') ?? '', decode(attribute(tag, 'value') ?? '')]));
}

function attribute(tag: string, name: string): string | undefined {
  return new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1];
}

const ENTITIES: Record<string, string> = { '&amp;': '&', '&quot;': '"', '&#39;': "'", '&lt;': '<', '&gt;': '>' };

function decode(text: string): string {
  return text.replaceAll(/&(amp|quot|#39|lt|gt);/g, entity => ENTITIES[entity] ?? entity);
}
