import { Agent, request } from 'node:https';
import type { KubeObject } from '#crds/schema/kinds.ts';
import type { Connection } from '#crds/wire/connection.ts';

/** The plainest client there is: the writes as fast as the API server takes them, and nothing else. */

export const IN_FLIGHT = 32;

export interface RawWrite {
  method: 'POST' | 'PUT';
  path: string;
  body: object;
}

export interface RawClient {
  write(asked: RawWrite): Promise<KubeObject>;
  end(): void;
}

export async function rawClient({ server, ca, token }: Connection): Promise<RawClient> {
  const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT, ...(ca === undefined ? {} : { ca }) });
  const authorization = `Bearer ${await token()}`;
  return {
    end: () => agent.destroy(),
    write: ({ method, path, body }) =>
      new Promise((resolve, reject) => {
        const text = JSON.stringify(body);
        const headers = {
          authorization,
          accept: 'application/json',
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(text),
        };
        const asked = request(`${server}${path}`, { agent, method, headers }, answer => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('end', () => {
            const said = Buffer.concat(chunks).toString();
            if ((answer.statusCode ?? 500) < 300) resolve(JSON.parse(said) as KubeObject);
            else reject(new Error(`${method} ${path}: ${answer.statusCode} ${said.slice(0, 300)}`));
          });
        });
        asked.on('error', reject);
        asked.end(text);
      }),
  };
}

/** Runs `work` for 0..count-1, so many at a time. */
export async function inFlight(
  count: number,
  work: (turn: number) => Promise<unknown>,
  width = IN_FLIGHT,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: width }, lane));
}
