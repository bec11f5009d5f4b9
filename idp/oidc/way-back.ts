import type { Provider } from 'oidc-provider';
import { findApplication } from './applications.ts';
import type { TenantScope } from './needs.ts';

/**
 * Where a person goes who comes back to a sign-in page too late. It is remembered longer than the question itself, and
 * tells only what the application's own registration says.
 */

type Interaction = InstanceType<Provider['Interaction']>;

export interface WayBack {
  displayName: string;
  applicationUrl: string;
}

const DAY = 86_400;

export async function rememberWayBack(scope: TenantScope, interaction: Interaction): Promise<void> {
  const { client_id: clientId, redirect_uri: redirectUri } = interaction.params;
  if (typeof clientId !== 'string' || typeof redirectUri !== 'string') return;
  await scope.store.write(keyOf(scope, interaction.uid), { clientId, redirectUri }, { ttl: DAY });
}

export async function findWayBack(scope: TenantScope, uid: string): Promise<WayBack | undefined> {
  const record = await scope.store.read(keyOf(scope, uid));
  const { clientId, redirectUri } = record?.value ?? {};
  if (typeof clientId !== 'string' || typeof redirectUri !== 'string') return undefined;
  const application = findApplication(scope.current(), clientId);
  if (!application?.enabled || !application.redirectUris.includes(redirectUri)) return undefined;
  return { displayName: application.displayName, applicationUrl: application.homeOf(redirectUri) };
}

function keyOf(scope: TenantScope, uid: string): string {
  return `${scope.uid}/WayBack/${uid}`;
}
