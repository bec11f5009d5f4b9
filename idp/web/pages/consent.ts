import { type Html, html } from '../html.ts';
import { type Brand, frame } from './frame.ts';

/** What an application asks to learn, in the words of the person who is asked. */

export interface ConsentView {
  brand: Brand;
  application: string;
  /** Path of the interaction, without a slash at the end. */
  path: string;
  /** Who is signed in: name, and how they signed in. */
  person?: { name: string; username: string };
  scopes: readonly string[];
}

const WORDS: Record<string, { what: string; detail: string }> = {
  openid: { what: 'Know who you are', detail: 'It gets an identifier that is the same each time you sign in.' },
  profile: { what: 'See your name', detail: 'Your full name, its parts, and your username.' },
  email: { what: 'See your e-mail address', detail: 'It may write to you there.' },
  groups: { what: 'See your groups', detail: 'The groups that you belong to here.' },
  offline_access: { what: 'Stay connected', detail: 'It may look these things up again while you are away.' },
};

export function consentPage(view: ConsentView): Html {
  const { application, path, person } = view;
  return frame({
    title: 'Allow access',
    brand: view.brand,
    body: html`<h1>Let ${application} use your account?</h1>
${person && html`<p class="who">Signed in as ${person.name}${person.name !== person.username && ` (${person.username})`}</p>`}
<p>${application} asks to:</p>
<ul class="grants">
${view.scopes.map(scope => html`<li><span>${words(scope)}</span></li>`)}
</ul>
<p class="quiet">It never learns your password.</p>
<form method="post" action="${path}/consent"><button class="button" type="submit">Allow</button></form>
<form method="post" action="${path}/decline"><button class="button second" type="submit">Do not allow</button></form>`,
  });
}

function words(scope: string): Html {
  const known = Object.hasOwn(WORDS, scope) ? WORDS[scope] : undefined;
  if (known === undefined) return html`Use <code>${scope}</code>`;
  return html`${known.what}<small>${known.detail}</small>`;
}
