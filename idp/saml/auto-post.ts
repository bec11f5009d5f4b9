import { createHash } from 'node:crypto';

/**
 * The page that carries a message to an application: a form that a script of ours sends off, with a button for browsers
 * without scripts. Nothing in it is anybody's markup, and its Content-Security-Policy allows no inline script at all.
 */

export interface AutoPost {
  action: string;
  fields: Readonly<Record<string, string>>;
  /** Name of the tenant. */
  displayName: string;
}

/** Served as a file of its own: then neither nonce nor hash is needed, and no page differs from the next. */
export const POST_SCRIPT = { path: '/saml/post.js', text: 'document.forms[0].requestSubmit();\n' } as const;

const STYLE =
  'html{color-scheme:light dark;font:1rem/1.5 system-ui,sans-serif}body{margin:20vh auto;max-width:24rem;padding:1rem;' +
  'text-align:center}button{font:inherit;min-height:2.75rem;padding:.5rem 1.5rem}';

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

export function autoPostPage({ action, fields, displayName }: AutoPost): string {
  const inputs = Object.entries(fields).map(
    ([name, value]) => `<input type="hidden" name="${escaped(name)}" value="${escaped(value)}">`,
  );
  const form = `<form method="post" action="${escaped(action)}">
${inputs.join('\n')}
<p>You are being taken to the application.</p>
<button>Continue</button>
</form>`;
  return page(displayName, `<script src="${POST_SCRIPT.path}" defer></script>`, form);
}

/** Goes on by itself, also without scripts; as a link for whoever has refreshing turned off. */
export function stepPage({ location, displayName }: { location: string; displayName: string }): string {
  const link = `<p>You are being signed out of your applications.</p>
<p><a href="${escaped(location)}">Continue</a></p>`;
  return page(displayName, `<meta http-equiv="refresh" content="0;url=${escaped(location)}">`, link);
}

function page(displayName: string, head: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(displayName)}</title>
<style>${STYLE}</style>
${head}
</head>
<body>
<main>
<h1>${escaped(displayName)}</h1>
${body}
</main>
</body>
</html>
`;
}

export function stepPolicy(): string {
  return `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; frame-ancestors 'none'; base-uri 'none'`;
}

/**
 * `form-action` names every https address, not only the application's: browsers apply it to the redirects that follow
 * the form, and applications do redirect elsewhere. Plain http is only ever one on loopback.
 */
export function autoPostPolicy(action: string): string {
  const { protocol, origin } = new URL(action);
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'sha256-${STYLE_HASH}'`,
    `form-action https:${protocol === 'http:' ? ` ${origin}` : ''}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, found => ENTITIES[found] ?? found);
}
