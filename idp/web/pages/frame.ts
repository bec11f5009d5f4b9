import { ASSETS } from '../assets.ts';
import { type Fragment, type Html, html } from '../html.ts';

/** The frame of every page: whose it is above, where one is below. */

export interface Brand {
  displayName: string;
  host: string;
  /** With the port where it is not 443, without a slash. */
  origin: string;
}

export interface FrameParts {
  title: string;
  /** undefined: the page belongs to no tenant. */
  brand: Brand | undefined;
  body: Fragment;
}

export function brandOf({ document }: { document: { displayName: string; domain: string; issuer: string } }): Brand {
  return { displayName: document.displayName, host: document.domain, origin: new URL(document.issuer).origin };
}

export function frame({ title, brand, body }: FrameParts): Html {
  const suffix = brand && brand.displayName !== title ? ` · ${brand.displayName}` : '';
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>${title}${suffix}</title>
<link rel="icon" type="image/svg+xml" href="${ASSETS.icon.path}">
<link rel="stylesheet" href="${ASSETS.style.path}">
<script src="${ASSETS.script.path}" defer></script>
</head>
<body>
${
  brand &&
  html`<header class="brand"><span class="mark" aria-hidden="true">${initial(brand.displayName)}</span><span>${brand.displayName}</span></header>
`
}<main>
${body}
</main>
<footer>${brand && html`You are at ${brand.host}`}</footer>
</body>
</html>
`;
}

function initial(name: string): string {
  const [first = '?'] = new Intl.Segmenter().segment(name.trim())[Symbol.iterator]().next().value?.segment ?? '?';
  return first.toLocaleUpperCase('en');
}
