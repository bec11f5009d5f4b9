import { type Fragment, type Html, html } from '../html.ts';
import { type Brand, frame } from './frame.ts';

/** Pages that only tell something: an error, a sign-in that is too old, a pause, and what this address is. */

export interface NoticeView {
  brand: Brand | undefined;
  title: string;
  detail: Fragment;
  more?: Html;
  /** Shown where somebody may ask an administrator about it. */
  requestId?: string;
  next?: { text: string; href: string };
}

export function noticePage({ brand, title, detail, more, requestId, next }: NoticeView): Html {
  return frame({
    title,
    brand,
    body: html`<h1>${title}</h1>
<p>${detail}</p>
${more}${next && html`<p><a class="button" href="${next.href}">${next.text}</a></p>`}
${requestId && html`<p class="reference">If you ask for help, give this number: <code>${requestId}</code></p>`}`,
  });
}

/** A sign-in page that was open too long, was answered already, or belongs to another browser. */
export function expiredPage(brand: Brand, way: { displayName: string; applicationUrl: string } | undefined): Html {
  return noticePage({
    brand,
    title: 'This sign-in page has expired',
    detail: way
      ? `Nothing is lost: go back to ${way.displayName} and sign in again from there.`
      : 'It was open too long, or was already used. Go back to the application that you came from and sign in again from there.',
    ...(way && { next: { text: `Back to ${way.displayName}`, href: way.applicationUrl } }),
  });
}

export function pausedPage(brand: Brand): Html {
  return noticePage({
    brand,
    title: 'Sign-in is paused',
    detail: `${brand.displayName} has paused sign-ins for now. Please try again later, or ask whoever runs it.`,
  });
}

export function homePage(brand: Brand): Html {
  return noticePage({
    brand,
    // A non-breaking hyphen: a heading must not break within the word.
    title: `${brand.displayName} sign\u2011in`,
    detail:
      'People sign in here to use their applications, and there is nothing to do right now. Open the application that you want to use: it brings you here when it needs to know who you are.',
    more: html`<p class="quiet">Enter your password only on pages whose address begins with <code>${brand.origin}/</code></p>`,
  });
}
