import { html, type Markup } from './html.ts';
import type { DemoClient, SignedIn } from './sign-in.ts';

/** What the demo app shows. Plain HTML, works without JavaScript. */

function page(title: string, main: Markup): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Demo app</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<header><a class="brand" href="/"><span aria-hidden="true">D</span>Demo app</a></header>
<main>${main}</main>
<footer>An application of its own: it knows your sign-in page only through OpenID Connect.</footer>
</body>
</html>`.text;
}

export function homePage(clients: readonly DemoClient[], signedIn: ReadonlyMap<string, SignedIn>): string {
  const tenants = Map.groupBy(clients, ({ tenant }) => tenant);
  const sections = [...tenants].map(
    ([tenant, clients]) => html`
<section aria-labelledby="t-${clients[0]?.key}">
<h2 id="t-${clients[0]?.key}">${tenant}</h2>
<p class="quiet">${new URL(clients[0]?.issuer ?? '').host}</p>
<ul class="apps">${clients.map(client => applicationRow(client, signedIn.get(client.key)))}</ul>
</section>`,
  );
  const empty = html`<p>No client has <code>https://…/callback</code> of this app among its redirect URIs, or none is ready yet.</p>`;
  return page(
    'Applications',
    html`<h1>Try a sign-in</h1>
<p class="lead">Each entry is an OidcClient of the folder you serve. Sign in and look at what the application gets.</p>
${sections.length > 0 ? sections : empty}`,
  );
}

function applicationRow(client: DemoClient, session: SignedIn | undefined): Markup {
  const query = new URLSearchParams({ client: client.key }).toString();
  const who = session === undefined ? undefined : personOf(session);
  return html`
<li><div><strong>${client.application}</strong> <span class="quiet">${client.clientId}</span></div>
${
  who === undefined
    ? html`<a class="button" href="/sign-in?${query}">Sign in<span class="hidden"> to ${client.application}</span></a>`
    : html`<a class="button second" href="/claims?${query}">${who}<span class="hidden"> at ${client.application}</span></a>`
}</li>`;
}

const personOf = ({ claims, userInfo }: SignedIn): string => String(userInfo.name ?? claims.name ?? claims.sub);

/** What a claim means, for those who see it for the first time (OpenID Connect Core sections 2 and 5.1), people first. */
const MEANING: Readonly<Record<string, string>> = {
  sub: 'Who, for ever. Use this with iss as the key, never the e-mail address.',
  name: 'Full name',
  given_name: 'Given name',
  family_name: 'Family name',
  preferred_username: 'User name',
  email: 'E-mail address',
  email_verified: 'Whether the tenant vouches for it',
  groups: 'Groups',
  iss: 'Who says so: the tenant',
  aud: 'For whom: this client',
  auth_time: 'Signed in',
  amr: 'How (RFC 8176)',
  acr: 'How well',
  sid: 'The session at the tenant',
  iat: 'Issued',
  exp: 'Good until',
  nonce: 'Binds it to this browser',
  at_hash: 'Binds it to the access token',
};

const RANKS = Object.keys(MEANING);
const rank = ([name]: [string, unknown]): number => (name in MEANING ? RANKS.indexOf(name) : RANKS.length);

const TIMES = new Set(['exp', 'iat', 'auth_time', 'updated_at']);

function valueOf(name: string, value: unknown): string {
  if (TIMES.has(name) && typeof value === 'number') return `${new Date(value * 1000).toISOString().slice(0, 19)}Z`;
  if (Array.isArray(value)) return value.join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function claimTable(claims: Record<string, unknown>): Markup {
  const sorted = Object.entries(claims).sort((a, b) => rank(a) - rank(b));
  const rows = sorted.map(
    ([name, value]) => html`
<div class="claim"><dt><code>${name}</code><span class="quiet">${MEANING[name]}</span></dt><dd>${valueOf(name, value)}</dd></div>`,
  );
  return html`<dl>${rows}</dl>`;
}

export function claimsPage(client: DemoClient, session: SignedIn): string {
  const everything = { idToken: session.claims, userInfo: session.userInfo };
  return page(
    client.application,
    html`<p class="eyebrow">${client.application} · ${client.tenant}</p>
<h1>Hello, ${personOf(session)}</h1>
<p class="lead">You are signed in. This is what ${client.application} was told.</p>
<form class="actions" method="post" action="/sign-out">
<input type="hidden" name="client" value="${client.key}">
<button class="button" type="submit">Sign out</button>
<a class="button second" href="/">All applications</a>
</form>
<section><h2>ID token</h2>${claimTable(session.claims)}</section>
<details><summary>User info</summary>${claimTable(session.userInfo)}</details>
<details><summary>As JSON</summary><pre>${JSON.stringify(everything, undefined, 2)}</pre></details>`,
  );
}

export function failurePage(title: string, detail: string, again?: string): string {
  return page(
    title,
    html`<h1>${title}</h1>
<p class="lead">${detail}</p>
<p class="actions">${again === undefined ? undefined : html`<a class="button" href="/sign-in?${new URLSearchParams({ client: again }).toString()}">Try again</a>`}
<a class="button second" href="/">All applications</a></p>`,
  );
}
