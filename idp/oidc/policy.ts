import { errors, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { type HouseAccount, isAdmitted } from './accounts.ts';
import { isSamlClientId } from './applications.ts';
import type { TenantScope } from './needs.ts';

/**
 * What stands between a request and its answer: the library's own questions (sign in, consent) and those of the house.
 * Order: is the tenant paused, is the person still there ──▶ sign in ──▶ may they use this application ──▶ consent.
 */

const { Check } = interactionPolicy;

/** A page instead of a redirect: the application can do nothing about it. */
class TenantPaused extends errors.OIDCProviderError {
  override allow_redirect = false;
  override error_description = 'sign-in is paused';

  constructor() {
    super(503, 'temporarily_unavailable');
    this.expose = true;
  }
}

export function createPolicy(scope: TenantScope): interactionPolicy.DefaultPolicy {
  const policy = interactionPolicy.base();
  const login = policy.get('login');
  const consent = policy.get('consent');
  consent?.checks.remove('consent_prompt');
  consent?.checks.add(isConsentWanted(), 0);
  login?.checks.add(isPaused(scope), 0);
  login?.checks.add(isGone());
  consent?.checks.add(isRefused(scope), 0);
  return policy;
}

function isPaused(scope: TenantScope): interactionPolicy.Check {
  return new Check('tenant_paused', 'sign-in is paused', 'temporarily_unavailable', ctx => {
    if (!scope.current()?.document.paused) return false;
    if (!ctx.oidc.prompts.has('none')) throw new TenantPaused();
    throw new errors.TemporarilyUnavailable('sign-in is paused');
  });
}

/** The library's own check, but not for SAML: there is nothing to consent to, whatever somebody adds to the address. */
function isConsentWanted(): interactionPolicy.Check {
  return new Check('consent_prompt', 'consent prompt was not resolved', 'consent_required', ctx => {
    const { prompts } = ctx.oidc;
    return prompts.has('consent') && ctx.oidc.promptPending('consent') && !isSamlClientId(clientIdOf(ctx));
  });
}

/** Signed in as somebody whom no source knows any more. */
function isGone(): interactionPolicy.Check {
  return new Check('person_gone', 'End-User authentication is required', 'login_required', ({ oidc }) => {
    return oidc.session?.accountId !== undefined && oidc.account === undefined;
  });
}

function isRefused(scope: TenantScope): interactionPolicy.Check {
  return new Check('not_admitted', 'the person may not use this application', 'access_denied', ctx => {
    const person = (ctx.oidc.account as HouseAccount | undefined)?.person;
    if (person === undefined || !isAdmitted(scope, clientIdOf(ctx), person))
      throw new errors.AccessDenied('you are signed in, but you are not allowed to use this application');
    return false;
  });
}

function clientIdOf({ oidc }: KoaContextWithOIDC): string {
  return oidc.client?.clientId ?? '';
}
