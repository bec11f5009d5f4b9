import { html, type Markup } from './html.ts';

/** What every page of the demo app stands in. Plain HTML, works without JavaScript. */

export function page(title: string, main: Markup): string {
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
<footer>An application of its own: it knows your sign-in page only through OpenID Connect and SAML.</footer>
</body>
</html>`.text;
}

export interface Fact {
  name: string;
  value: string;
  /** For those who see it for the first time. */
  meaning: string | undefined;
}

export function factList(facts: readonly Fact[]): Markup {
  const rows = facts.map(
    ({ name, value, meaning }) => html`
<div class="claim"><dt><code>${name}</code><span class="quiet">${meaning}</span></dt><dd>${value}</dd></div>`,
  );
  return html`<dl>${rows}</dl>`;
}

/** `again`: the address that begins anew. */
export function failurePage(title: string, detail: string, again?: string): string {
  return page(
    title,
    html`<h1>${title}</h1>
<p class="lead">${detail}</p>
<p class="actions">${again === undefined ? undefined : html`<a class="button" href="${again}">Try again</a>`}
<a class="button second" href="/">All applications</a></p>`,
  );
}
