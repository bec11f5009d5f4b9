import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { LABELS } from '#crds/schema/group.ts';
import type { ConfigMap } from '#crds/schema/kinds.ts';
import {
  anyClientDocument,
  type ClientDocument,
  DOCUMENT_KEY,
  FORMAT,
  type SamlClientDocument,
  type SecretPointer,
  type TenantDocument,
  tenantDocument,
} from '#crds/schema/live-config.ts';

/** One ConfigMap -> one document, strictly. What is refused is told by path and rule, never by value. */

export type ProblemCode =
  | 'NoDocument'
  | 'NotJson'
  | 'FormatTooNew'
  | 'Invalid'
  | 'UidMismatch'
  | 'SecretInvalid'
  | 'SecretMissing'
  | 'HostTaken'
  | 'ClientIdTaken'
  | 'EntityIdTaken';

export interface Problem {
  readonly code: ProblemCode;
  readonly message: string;
}

type AnyDocument = TenantDocument | ClientDocument | SamlClientDocument;

export interface ParsedDocument {
  readonly document: AnyDocument;
  /** SHA-256 of the text: it covers the Secrets too, since the text names their hashes. */
  readonly hash: string;
  readonly needs: readonly SecretPointer[];
}

export type Parsed<T> = { ok: true; value: T } | { ok: false; problem: Problem };

export function fail<T>(code: ProblemCode, message: string): Parsed<T> {
  return { ok: false, problem: { code, message } };
}

/** Paths and rules of what is wrong; zod's own messages may quote the input. */
export function describeIssues(error: z.ZodError): string {
  const issues = error.issues.slice(0, 5).map(issue => `${issue.path.join('.') || '(root)'}: ${issue.code}`);
  return issues.join(', ') + (error.issues.length > 5 ? `, and ${error.issues.length - 5} more` : '');
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The UID that an object was made for, also where its document is past reading. */
export function uidOf(configMap: ConfigMap): string {
  return configMap.metadata.labels?.[LABELS.ownerUid] ?? configMap.metadata.name.replace(/^sso-[tc]-/, '');
}

export function parseDocument(configMap: ConfigMap): Parsed<ParsedDocument> {
  const text = configMap.data?.[DOCUMENT_KEY];
  if (text === undefined) return fail('NoDocument', `key ${DOCUMENT_KEY} is missing`);
  const json = parseJson(text);
  if (typeof json !== 'object' || json === null) return fail('NotJson', `${DOCUMENT_KEY} is not a JSON object`);
  const { format, document: kind } = json as { format?: unknown; document?: unknown };
  if (typeof format === 'number' && format > FORMAT)
    return fail('FormatTooNew', `format ${format}, this replica reads up to ${FORMAT}`);
  const parsed = (kind === 'client' ? anyClientDocument : tenantDocument).safeParse(json);
  if (!parsed.success) return fail('Invalid', describeIssues(parsed.error));
  const document: AnyDocument = parsed.data;
  if (document.uid !== uidOf(configMap)) return fail('UidMismatch', 'the document belongs to another object');
  const hash = createHash('sha256').update(text).digest('base64url');
  return { ok: true, value: { document, hash, needs: secretsOf(document) } };
}

function secretsOf(document: AnyDocument): SecretPointer[] {
  if (document.document === 'tenant') {
    const { keys, certificate, sources } = document;
    return [keys, certificate, ...sources.map(source => source.secret)].filter(pointer => pointer !== null);
  }
  return document.protocol === 'saml' || document.credentials === null ? [] : [document.credentials];
}
