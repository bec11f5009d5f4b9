import { type Html, html } from '../html.ts';
import { type Brand, frame } from './frame.ts';

/** The question before a logout, and the page after it. */

export interface LogoutView {
  brand: Brand;
  application?: string | undefined;
  formAction: string;
  xsrf: string;
}

export function logoutPage({ brand, application, formAction, xsrf }: LogoutView): Html {
  return frame({
    title: 'Sign out',
    brand,
    body: html`<h1>Sign out of ${brand.displayName}?</h1>
<p>${application ? html`<strong>${application}</strong> asks to sign you out.` : 'You are about to sign out.'} You will have to sign in again the next time an application needs to know who you are.</p>
<form method="post" action="${formAction}">
<input type="hidden" name="xsrf" value="${xsrf}">
<input type="hidden" name="logout" value="yes">
<button class="button" type="submit">Sign out</button>
</form>
<form method="post" action="${formAction}">
<input type="hidden" name="xsrf" value="${xsrf}">
<button class="button second" type="submit">Stay signed in</button>
</form>`,
  });
}

export interface SignedOutView {
  brand: Brand;
  application?: string | undefined;
  applicationUrl?: string | undefined;
}

export function signedOutPage({ brand, application, applicationUrl }: SignedOutView): Html {
  return frame({
    title: 'Signed out',
    brand,
    body: html`<h1>You are signed out</h1>
<p>Your session at ${brand.displayName} has ended. On a shared computer, close the browser too.</p>
${applicationUrl && html`<p><a class="button second" href="${applicationUrl}">Back to ${application ?? 'the application'}</a></p>`}`,
  });
}
