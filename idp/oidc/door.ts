import type { IncomingMessage, ServerResponse } from 'node:http';
import { errors, type InteractionResults, type Provider } from 'oidc-provider';
import { type Door, type Question, QuestionGone } from '#idp/login/door.ts';
import type { Tenant } from '#idp/tenants/tenant.ts';
import { findApplication } from './applications.ts';
import { rememberConsent } from './consents.ts';
import { claimGrant, widen } from './grants.ts';
import type { TenantScope } from './needs.ts';
import { findWayBack } from './way-back.ts';

/** The door to sign-in over the library's interactions. An answer counts only for the question that is open. */

type Interaction = InstanceType<Provider['Interaction']>;

interface Exchange {
  provider: Provider;
  scope: TenantScope;
  req: IncomingMessage;
  res: ServerResponse;
}

export function createDoor(open: (tenant: Tenant) => { provider: Provider; scope: TenantScope }): Door {
  const exchange = (tenant: Tenant, req: IncomingMessage, res: ServerResponse) => ({ ...open(tenant), req, res });
  return {
    async question(tenant, req, res) {
      const at = exchange(tenant, req, res);
      const interaction = await find(at);
      return interaction && toQuestion(at.scope, interaction);
    },
    wayBack: (tenant, uid) => findWayBack(open(tenant).scope, uid),
    async signedIn(tenant, req, res, event) {
      const at = exchange(tenant, req, res);
      await require(at, 'login');
      const amr = [...new Set(event.methods.map(method => method.amr))];
      await answer(at, { login: { accountId: event.subject, ts: event.at, amr, remember: true } });
    },
    async consented(tenant, req, res) {
      const at = exchange(tenant, req, res);
      await answer(at, { consent: { grantId: await grantWhatIsAsked(at, await require(at, 'consent')) } });
    },
    async declined(tenant, req, res, reason) {
      const at = exchange(tenant, req, res);
      await require(at);
      await answer(at, { error: 'access_denied', error_description: reason });
    },
  };
}

async function find({ provider, req, res }: Exchange): Promise<Interaction | undefined> {
  try {
    return await provider.interactionDetails(req, res);
  } catch (cause) {
    if (cause instanceof errors.SessionNotFound) return undefined;
    throw cause;
  }
}

async function require(at: Exchange, prompt?: Question['prompt']): Promise<Interaction> {
  const interaction = await find(at);
  const isOpen = interaction !== undefined && toQuestion(at.scope, interaction) !== undefined;
  if (!isOpen || (prompt !== undefined && interaction.prompt.name !== prompt))
    throw new QuestionGone('this question is not open');
  return interaction;
}

/** undefined: the application was switched off meanwhile. */
function toQuestion(scope: TenantScope, interaction: Interaction): Question | undefined {
  const { client_id, redirect_uri, login_hint } = interaction.params;
  const application = findApplication(scope.current(), text(client_id));
  if (!application?.enabled) return undefined;
  return {
    uid: interaction.uid,
    prompt: interaction.prompt.name === 'consent' ? 'consent' : 'login',
    application: { clientId: application.clientId, displayName: application.displayName },
    scopes: missingScopes(interaction),
    ...(typeof login_hint === 'string' ? { loginHint: login_hint } : {}),
    ...(interaction.session === undefined ? {} : { subject: interaction.session.accountId }),
    ...(typeof redirect_uri === 'string' ? { applicationUrl: application.homeOf(redirect_uri) } : {}),
  };
}

/** With `prompt=consent` nothing may be missing; the person is asked about everything again. */
function missingScopes({ prompt, params }: Interaction): string[] {
  const missing = prompt.details['missingOIDCScope'];
  if (Array.isArray(missing)) return missing.map(String);
  return prompt.name === 'consent' ? text(params['scope']).split(' ') : [];
}

async function grantWhatIsAsked({ provider, scope }: Exchange, interaction: Interaction): Promise<string> {
  const { session, grantId, params } = interaction;
  if (session === undefined) throw new QuestionGone('nobody is signed in');
  const owner = { sessionUid: session.uid, accountId: session.accountId, clientId: text(params['client_id']) };
  const present = grantId === undefined ? undefined : await provider.Grant.find(grantId);
  const scopes = missingScopes(interaction);
  const grant = await widen(present ?? (await claimGrant(provider, scope, owner)), scopes);
  await rememberConsent(scope, owner, scopes);
  return grant.jti;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The library's own redirect back; it takes the interaction from this browser's cookie. */
function answer({ provider, req, res }: Exchange, result: InteractionResults): Promise<void> {
  return provider.interactionFinished(req, res, result);
}
