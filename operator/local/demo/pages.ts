import { type Fact, factList, page } from './frame.ts';
import { html, type Markup } from './html.ts';
import type { DemoClient, SignedIn } from './sign-in.ts';

/** What an application that speaks OpenID Connect shows: the claims it got. */

export const personOf = ({ claims, userInfo }: SignedIn): string => String(userInfo.name ?? claims.name ?? claims.sub);

export const signInHref = ({ key }: Pick<DemoClient, 'key'>): string =>
  `/sign-in?${new URLSearchParams({ client: key }).toString()}`;

export const claimsHref = ({ key }: Pick<DemoClient, 'key'>): string =>
  `/claims?${new URLSearchParams({ client: key }).toString()}`;

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
  return factList(sorted.map(([name, value]): Fact => ({ name, value: valueOf(name, value), meaning: MEANING[name] })));
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
