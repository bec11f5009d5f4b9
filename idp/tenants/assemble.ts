import { createPrivateKey, X509Certificate } from 'node:crypto';
import { parse as parseYaml } from 'yaml';
import type { z } from 'zod';
import {
  type ClientDocument,
  clientCredentials,
  type SecretPointer,
  type TenantDocument,
  tenantKeys,
  type UsersFile,
  usersFile,
} from '#crds/schema/live-config.ts';
import { describeIssues, fail, type Parsed, type ParsedDocument, parseJson } from './document.ts';
import type { Client, SamlClient, Tenant } from './tenant.ts';

/** A document and the data of its Secrets -> what is served. Pure; every failure names the Secret and the rule, no value. */

/** Base64 values, as on the wire; the caller has checked the hash. */
export type SecretData = ReadonlyMap<string, Readonly<Record<string, string>>>;

/** A tenant before its clients are attached. */
export type TenantCore = Omit<Tenant, 'clients' | 'samlClients'>;

export type Assembled = { kind: 'tenant'; core: TenantCore } | { kind: 'client'; client: Client | SamlClient };

class Refused extends Error {}

export function assemble(parsed: ParsedDocument, secrets: SecretData): Parsed<Assembled> {
  const { document } = parsed;
  try {
    const value: Assembled =
      document.document === 'tenant'
        ? { kind: 'tenant', core: assembleTenant(document, parsed.hash, secrets) }
        : { kind: 'client', client: document.protocol === 'saml' ? { document } : assembleClient(document, secrets) };
    return { ok: true, value };
  } catch (error) {
    if (error instanceof Refused) return fail('SecretInvalid', error.message);
    throw error;
  }
}

function assembleClient(document: ClientDocument, secrets: SecretData): Client {
  if (document.credentials === null) return { document, credentials: null };
  const credentials = check(clientCredentials, readJson(secrets, document.credentials, 'credentials.json'), document);
  return { document, credentials };
}

function assembleTenant(document: TenantDocument, hash: string, secrets: SecretData): TenantCore {
  const keys = check(tenantKeys, readJson(secrets, document.keys, 'keys.json'), document);
  const users = new Map<string, UsersFile>();
  for (const source of document.sources) {
    users.set(source.name, check(usersFile, readYaml(secrets, source.secret, 'users.yaml'), document));
  }
  return { document, keys, users, hash, certificate: readCertificate(document.certificate, secrets) };
}

function check<T>(schema: z.ZodType<T>, input: unknown, document: { name: string }): T {
  const result = schema.safeParse(input);
  if (!result.success) throw new Refused(`Secret of ${document.name}: ${describeIssues(result.error)}`);
  return result.data;
}

function readText(secrets: SecretData, pointer: SecretPointer, key: string): string {
  const value = secrets.get(pointer.name)?.[key];
  if (value === undefined) throw new Refused(`Secret ${pointer.name}: key ${key} is missing`);
  return Buffer.from(value, 'base64').toString('utf8');
}

function readJson(secrets: SecretData, pointer: SecretPointer, key: string): unknown {
  return parseJson(readText(secrets, pointer, key));
}

function readYaml(secrets: SecretData, pointer: SecretPointer, key: string): unknown {
  try {
    return parseYaml(readText(secrets, pointer, key), { logLevel: 'silent', maxAliasCount: 0 });
  } catch {
    throw new Refused(`Secret ${pointer.name}: ${key} is not YAML`);
  }
}

/** A key that does not fit its certificate would fail every handshake, so that the pair is refused here. */
function readCertificate(pointer: SecretPointer | null, secrets: SecretData): Tenant['certificate'] {
  if (pointer === null) return null;
  const cert = readText(secrets, pointer, 'tls.crt');
  const key = readText(secrets, pointer, 'tls.key');
  if (!fits(cert, key)) throw new Refused(`Secret ${pointer.name}: tls.key does not fit tls.crt`);
  return { cert, key };
}

function fits(cert: string, key: string): boolean {
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}
