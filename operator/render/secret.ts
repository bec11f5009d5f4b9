import type { Secret } from '#crds/schema/kinds.ts';
import { hashSecretData, type SecretPointer } from '#crds/schema/live-config.ts';
import { type ChildOf, childMetadata } from './child.ts';

/** A Secret of live configuration. `data` is base64 already. */
export function renderSecret(name: string, child: ChildOf, data: Record<string, string>): Secret {
  return { apiVersion: 'v1', kind: 'Secret', metadata: childMetadata(name, child), type: 'Opaque', data };
}

/** A certificate and its key, of the type that every data plane reads. */
export function renderTlsSecret(name: string, child: ChildOf, data: Record<string, string>): Secret {
  return { ...renderSecret(name, child, data), type: 'kubernetes.io/tls' };
}

export function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

/** How a document names the Secret: by name and content, so that a pair counts in whole or not at all. */
export function pointerTo(secret: Secret): SecretPointer {
  return { name: secret.metadata.name, hash: hashSecretData(secret.data ?? {}) };
}
