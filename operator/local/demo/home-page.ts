import { page } from './frame.ts';
import { html, type Markup } from './html.ts';

/** The list of applications that the demo app stands in for. */

export interface Entry {
  application: string;
  tenant: string;
  issuer: string;
  /** What the application is called in its protocol. */
  identifier: string;
  signInHref: string;
  /** Who is signed in there, and where to look at what it was told. */
  signedIn?: { person: string; href: string };
}

export function homePage(entries: readonly Entry[]): string {
  const tenants = [...Map.groupBy(entries, ({ issuer }) => issuer).values()];
  const empty = html`<p>No client has an address of this app among its own (<code>https://…/callback</code> for OpenID Connect, <code>https://…/saml/acs</code> for SAML), or none is ready yet.</p>`;
  return page(
    'Applications',
    html`<h1>Try a sign-in</h1>
<p class="lead">Each entry is an OidcClient or a SamlClient of the folder you serve. Sign in and look at what the application gets.</p>
${tenants.length > 0 ? tenants.map(tenantSection) : empty}`,
  );
}

function tenantSection(entries: readonly Entry[], at: number): Markup {
  const [first] = entries;
  return html`
<section aria-labelledby="tenant-${at}">
<h2 id="tenant-${at}">${first?.tenant}</h2>
<p class="quiet">${new URL(first?.issuer ?? '').host}</p>
<ul class="apps">${entries.map(row)}</ul>
</section>`;
}

function row({ application, identifier, signedIn, signInHref }: Entry): Markup {
  return html`
<li><div><strong>${application}</strong> <span class="quiet">${identifier}</span></div>
${
  signedIn === undefined
    ? html`<a class="button" href="${signInHref}">Sign in<span class="hidden"> to ${application}</span></a>`
    : html`<a class="button second" href="${signedIn.href}">${signedIn.person}<span class="hidden"> at ${application}</span></a>`
}</li>`;
}
