import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { createAttempts } from './limits/attempts.ts';
import { createHashQueue } from './limits/hash-queue.ts';
import type { Log } from './log.ts';
import { mayUse } from './login/admission.ts';
import { createLogin, type Login } from './login/index.ts';
import { createOidc, type Oidc } from './oidc/index.ts';
import type { OidcPages } from './oidc/pages.ts';
import { createSaml, type Saml } from './saml/index.ts';
import { createSources, type SourcesOf } from './sources/index.ts';
import type { Stores } from './storage/index.ts';
import type { Registry } from './tenants/tenant.ts';

/**
 * Joins the two protocols over one sign-in and one session. Neither room knows the other: each is given the other's end
 * of a logout here. Holds no logic.
 */

export interface Protocols {
  oidc: Oidc;
  saml: Saml;
  login: Login;
  sourcesOf: SourcesOf;
}

export interface ProtocolParts {
  registry: Registry;
  stores: Pick<Stores, 'volatile' | 'durable'>;
  pages: OidcPages;
  log: Pick<Log, 'info' | 'warn' | 'error'>;
  /** Milliseconds since the epoch. */
  now: () => number;
}

export function createProtocols({ registry, stores, pages, log, now }: ProtocolParts): Protocols {
  const { volatile: store, durable } = stores;
  const cores = availableParallelism();
  const hashing = createHashQueue({ concurrency: Math.min(cores, 4), length: cores * 32 });
  const sourcesOf = createSources({ hashing });
  const oidc: Oidc = createOidc({
    registry,
    store,
    durable,
    sourcesOf,
    pages,
    hashing,
    log,
    now,
    tellSaml: (...logout) => saml.tell(...logout),
  });
  const saml: Saml = createSaml({
    clients: { byEntityId: ({ document }, id) => registry.current().byUid.get(document.uid)?.samlClients.get(id) },
    door: oidc.saml,
    admits: mayUse,
    signedOutPage: tenant => pages.signedOut({ tenant }),
    newSecret: () => randomBytes(32).toString('base64url'),
    store,
    now,
  });
  const login = createLogin({ sourcesOf, limits: createAttempts({ store, now }), now });
  return { oidc, saml, login, sourcesOf };
}
