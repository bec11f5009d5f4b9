import { type Html, html } from '../html.ts';
import { type Brand, frame } from './frame.ts';

/** Username and password in one form (password managers know both at once), and the choice of source where there is one. */

export interface SignInError {
  title: string;
  detail: string;
}

export interface SignInView {
  brand: Brand;
  application: string;
  /** Path of the interaction, without a slash at the end. */
  path: string;
  sources: readonly { name: string; displayName: string }[];
  chosen?: string;
  username?: string;
  error?: SignInError;
}

export function signInPage(view: SignInView): Html {
  const { application, path, error } = view;
  const described = error ? html` aria-invalid="true" aria-describedby="error"` : undefined;
  const toPassword = view.username !== undefined && view.username !== '';
  return frame({
    title: error ? `Error: ${error.title}` : 'Sign in',
    brand: view.brand,
    body: html`<h1>Sign in</h1>
<p class="quiet">to continue to <strong>${application}</strong></p>
${error && html`<div class="error" id="error" role="alert"><p>${error.title}</p><p>${error.detail}</p></div>`}
<form method="post" action="${path}/login">
${sourceChoice(view)}
<div class="field">
<label for="username">Username</label>
<div class="control"><input type="text" id="username" name="username" value="${view.username}" autocomplete="username" autocapitalize="none" autocorrect="off" spellcheck="false" maxlength="256" required${described}${!toPassword && html` autofocus`}></div>
</div>
<div class="field">
<label for="password">Password</label>
<div class="control"><input type="password" id="password" name="password" autocomplete="current-password" maxlength="1024" required${described}${toPassword && html` autofocus`}></div>
</div>
<button class="button" type="submit">Sign in</button>
</form>
<form method="post" action="${path}/decline"><button class="button quiet" type="submit">Cancel and go back to ${application}</button></form>`,
  });
}

function sourceChoice({ sources, chosen }: SignInView): Html | undefined {
  if (sources.length < 2) return undefined;
  const picked = sources.some(source => source.name === chosen) ? chosen : sources[0]?.name;
  return html`<fieldset>
<legend>Where is your account?</legend>
${sources.map(
  ({ name, displayName }) =>
    html`<label class="choice"><input type="radio" name="source" value="${name}"${name === picked && html` checked`}>${displayName}</label>`,
)}
</fieldset>`;
}
