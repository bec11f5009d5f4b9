import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where an API server is and how we prove who we are. */
export interface Connection {
  /** `https://host:port`. */
  server: string;
  /** PEM; absent: the public roots. */
  ca?: string;
  /** Bearer token, asked for before every request; empty: none. */
  token: () => string | Promise<string>;
  /** Client certificate and key, PEM. */
  cert?: string;
  key?: string;
}

export interface InClusterSettings {
  /** KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT. */
  host: string;
  port: string;
  /** Usually /var/run/secrets/kubernetes.io/serviceaccount: holds `ca.crt` and `token`. */
  folder: string;
}

/** A bound token lives an hour or more and kubelet renews it at 80 % of that; client-go reads it again each minute too. */
const REREAD_MS = 60_000;

/** The connection of a Pod. Rejects when the service account files cannot be read. */
export async function inClusterConnection(settings: InClusterSettings, now: () => number): Promise<Connection> {
  const { host, port, folder } = settings;
  const ca = await readFile(join(folder, 'ca.crt'), 'utf8');
  const readToken = async (): Promise<string> => (await readFile(join(folder, 'token'), 'utf8')).trim();
  let token = await readToken();
  let readAt = now();
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    ca,
    token: async () => {
      if (now() - readAt >= REREAD_MS) {
        token = await readToken();
        readAt = now();
      }
      return token;
    },
  };
}
