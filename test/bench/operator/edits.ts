import { Agent, request } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { ENDPOINTS } from '#crds/schema/endpoints.ts';
import type { OidcClient } from '#crds/schema/kinds.ts';
import { OURS } from '#operator/reconcile/types.ts';
import { rawClient } from './raw.ts';
import type { Scene } from './scene.ts';
import { clientPath } from './seed.ts';

/** Edits one client after another, and asks the replicas until each has it. */

export interface Editor {
  /** Milliseconds from the API server's reply until every replica accepted the new redirect URI. */
  edit(turn: number): Promise<number>;
  end(): void;
}

const EVERY_MS = 5;
const PATIENCE_MS = 30_000;

export async function startEditor(scene: Scene, namespace: string): Promise<Editor> {
  const raw = await rawClient(scene.connection('admin'));
  const agent = new Agent({ keepAlive: true, rejectUnauthorized: false });
  const { replicas, port } = scene.house;
  return {
    async edit(turn) {
      const client = await scene.admin.get<OidcClient>(OURS.OidcClient, `app-${turn}`, namespace);
      if (client === undefined) throw new Error(`app-${turn} is not there`);
      const uri = `https://app-${turn}.example/edited-${turn}`;
      const body = { ...client, spec: { ...client.spec, redirectUris: [uri] } };
      await raw.write({ method: 'PUT', path: clientPath(namespace, client.metadata.name), body });
      const begun = performance.now();
      const host = `${client.spec.tenantRef.name}.localhost`;
      const asked = { agent, host: `${host}:${port}`, servername: host, path: authorization(client, uri) };
      await Promise.all(replicas.map(replica => untilAccepted({ ...asked, port: replica.port }, begun)));
      return performance.now() - begun;
    },
    end() {
      agent.destroy();
      raw.end();
    },
  };
}

interface Asked {
  agent: Agent;
  port: number;
  host: string;
  servername: string;
  path: string;
}

async function untilAccepted(asked: Asked, begun: number): Promise<void> {
  while ((await statusOf(asked)) !== 303) {
    if (performance.now() - begun > PATIENCE_MS) throw new Error(`an edit is not live after ${PATIENCE_MS} ms`);
    await delay(EVERY_MS);
  }
}

function statusOf({ agent, port, host, servername, path }: Asked): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = { agent, host: '127.0.0.1', port, servername, path, headers: { host } };
    const asked = request(options, answer => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? 0));
    });
    asked.on('error', reject).end();
  });
}

function authorization({ status }: OidcClient, uri: string): string {
  const query = new URLSearchParams({
    client_id: status?.clientId ?? '',
    response_type: 'code',
    scope: 'openid',
    redirect_uri: uri,
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  });
  return `${ENDPOINTS.authorization}?${query.toString()}`;
}
