import type { Secret } from '#crds/schema/kinds.ts';
import { type ClientCredentials, clientCredentials } from '#crds/schema/live-config.ts';
import { credentialsFor, isMinted, mintClientSecret } from '#operator/keys/client-secret.ts';
import { base64 } from '#operator/render/secret.ts';
import { decodeValue } from '#operator/rules/brought-secret.ts';
import type { House } from './house.ts';
import { type OidcScene, SECRET_KEY } from './oidc-gather.ts';
import type { OidcFindings } from './oidc-judge.ts';

/** Makes a client's secret, once: the application's Secret holds the only copy of the value, and is read again from there. */

const CREDENTIALS = 'credentials.json';

export interface OidcMaterial {
  /** undefined for a Public client, and while a brought secret is missing. */
  value: string | undefined;
  /** Data of the IdP's Secret; null: the client needs none; undefined: it waits. */
  credentials: Record<string, string> | null | undefined;
}

export async function mintOidc(house: House, scene: OidcScene, findings: OidcFindings): Promise<OidcMaterial> {
  if (scene.client.spec.type === 'Public') return { value: undefined, credentials: null };
  const last = scene.live.credentials?.data;
  const value = scene.brought === undefined ? generatedValue(house, scene, findings) : findings.broughtSecret;
  // Named but absent: wait, never invent; what was good last stays in use.
  if (value === undefined) return { value, credentials: last };
  const credentials = await credentialsFor(value, parse(last?.[CREDENTIALS]));
  return { value, credentials: { [CREDENTIALS]: base64(JSON.stringify(credentials)) } };
}

function generatedValue(house: House, { application, uid }: OidcScene, findings: OidcFindings): string | undefined {
  if (findings.application === 'foreign') return undefined;
  const present = findings.application === 'ours' ? valueOf(application.wished) : undefined;
  const known = [present, valueOf(application.former), house.pending.get(uid)].find(isMinted);
  if (known !== undefined) return known;
  const made = mintClientSecret();
  house.pending.set(uid, made);
  return made;
}

function valueOf(secret: Secret | undefined): string | undefined {
  const value = secret?.data?.[SECRET_KEY];
  return value === undefined ? undefined : decodeValue(value);
}

function parse(data: string | undefined): ClientCredentials | undefined {
  try {
    return clientCredentials.safeParse(JSON.parse(decodeValue(data ?? '') ?? '')).data;
  } catch {
    return undefined;
  }
}
