import { randomUUID } from 'node:crypto';
import type { ErrorOut, KoaContextWithOIDC } from 'oidc-provider';
import type { TenantScope } from './needs.ts';
import type { ErrorView } from './pages.ts';

/** What a person reads when the library has nothing but an error for them. The names of the standard go to the log. */

interface Words {
  title: string;
  detail: string;
}

const TOO_LATE: Words = {
  title: 'This sign-in has expired',
  detail: 'It took too long, or it was finished in another window. Go back to the application and sign in again.',
};

const WORDS: Record<string, Words> = {
  invalid_redirect_uri: {
    title: 'This application may not receive sign-ins here',
    detail: 'The address that it asked to return to is not registered for it.',
  },
  invalid_client: {
    title: 'Unknown application',
    detail: 'The application that sent you here is not known, or it was switched off.',
  },
  invalid_request: {
    title: 'This sign-in cannot go on',
    detail: 'Part of the request is missing, wrong or too old. Go back to the application and sign in again.',
  },
  access_denied: { title: 'You may not use this application', detail: 'Ask whoever looks after it to let you in.' },
  temporarily_unavailable: {
    title: 'Sign-in is paused',
    detail: 'Nobody can sign in at this moment. Please try again later.',
  },
  login_required: { title: 'You were signed out', detail: 'Go back to the application and sign in again.' },
};

const UNKNOWN: Words = {
  title: 'Something went wrong',
  detail: 'Please go back to the application and try again.',
};

export function createRenderError(scope: TenantScope) {
  return (ctx: KoaContextWithOIDC, out: ErrorOut, error: Error): void => {
    const tenant = scope.current();
    const view = describe(ctx, out, error);
    scope.log.info({ tenant: scope.uid, requestId: view.requestId, ...pick(out) }, 'an error page was shown');
    if (tenant === undefined) return;
    ctx.type = 'html';
    ctx.body = scope.pages.error({ ...view, tenant });
  };
}

function describe(ctx: KoaContextWithOIDC, out: ErrorOut, error: Error): ErrorView {
  const isLate = error.name === 'SessionNotFound';
  const words = isLate ? TOO_LATE : (WORDS[out.error] ?? UNKNOWN);
  const detail = [words.detail, receivedRedirect(ctx, out)].filter(Boolean).join(' ');
  return {
    status: ctx.status,
    title: words.title,
    detail,
    // The web room gives every request one before it comes here.
    requestId: ctx.get('x-request-id') || randomUUID(),
  };
}

/** Whoever registers the application needs to see what it sent; a long one is cut. */
function receivedRedirect(ctx: KoaContextWithOIDC, out: ErrorOut): string {
  const received = ctx.query['redirect_uri'];
  if (out.error !== 'invalid_redirect_uri' || typeof received !== 'string') return '';
  return `Received: ${received.slice(0, 300)}`;
}

function pick({ error, error_description }: ErrorOut): object {
  return { error, description: error_description };
}
