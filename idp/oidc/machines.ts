import { type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { ClientDocument } from '#crds/schema/live-config.ts';
import type { TenantScope } from './needs.ts';

/**
 * Tokens of Machines (client credentials): opaque and known to the tenant only, or a JWT (RFC 9068) for one API of the
 * client's list (RFC 8707), which checks it by itself. Nobody else may name a resource yet: to ignore the name would be
 * to give a token for something that was not asked for.
 */

type ResourceIndicators = NonNullable<NonNullable<Configuration['features']>['resourceIndicators']>;
type Hooks = Required<Pick<ResourceIndicators, 'defaultResource' | 'getResourceServerInfo'>>;

export function machineTokens(scope: TenantScope): Hooks {
  const machine = (clientId: string): ClientDocument | undefined => {
    const document = scope.current()?.clients.get(clientId)?.document;
    return document?.type === 'Machine' ? document : undefined;
  };
  return {
    defaultResource(ctx, { clientId }, oneOf) {
      const document = machine(clientId);
      if (document !== undefined) refuseScopes(ctx);
      return document?.jwtAudiences?.[0] ?? oneOf;
    },
    getResourceServerInfo(ctx, resource, { clientId }) {
      const document = machine(clientId);
      if (document?.jwtAudiences?.includes(resource) !== true)
        throw new errors.InvalidTarget('this client may not ask for that resource');
      refuseScopes(ctx);
      return { scope: '', audience: resource, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } };
    },
  };
}

/** Ours are about people. RFC 6749 section 3.3: refused, or else the answer must say what is left of them. */
function refuseScopes({ oidc }: KoaContextWithOIDC): void {
  const { scope } = oidc.params ?? {};
  if (typeof scope === 'string' && scope !== '')
    throw new errors.InvalidScope('a Machine has no scopes: leave scope out', scope);
}
