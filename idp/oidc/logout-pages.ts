import type { KoaContextWithOIDC } from 'oidc-provider';
import type { TenantScope } from './needs.ts';

/** RP-initiated logout as a person sees it: "really?", and "you are signed out". */

export function showLogout(scope: TenantScope, ctx: KoaContextWithOIDC): void {
  const tenant = scope.current();
  if (tenant === undefined) return;
  const secret = ctx.oidc.session?.state?.['secret'];
  ctx.body = scope.pages.logout({
    tenant,
    formAction: ctx.oidc.urlFor('end_session_confirm'),
    xsrf: typeof secret === 'string' ? secret : '',
    ...applicationOf(ctx),
  });
}

export function showSignedOut(scope: TenantScope, ctx: KoaContextWithOIDC): void {
  const tenant = scope.current();
  if (tenant === undefined) return;
  ctx.body = scope.pages.signedOut({ tenant, ...applicationOf(ctx) });
}

function applicationOf({ oidc }: KoaContextWithOIDC): { application?: string } {
  const name = oidc.client?.clientName;
  return name === undefined ? {} : { application: name };
}
