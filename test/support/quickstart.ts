import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Secret } from '#crds/schema/kinds.ts';
import type { DemoClient } from '#operator/local/demo/sign-in.ts';
import type { House } from './house.ts';
import { ROOT } from './program.ts';

/** The quickstart on a real API server: the same files that `npm start` serves, on the ports of this test. */

export const ADA = { username: 'ada', password: 'analytical-engine' };

export const RESOURCES = [
  ['ssotenant', 'team-acme', 'acme'],
  ['ssotenant', 'team-globex', 'globex'],
  ['oidcclient', 'team-acme', 'wiki'],
  ['oidcclient', 'analytics', 'reports'],
  ['oidcclient', 'team-globex', 'intranet'],
  ['samlclient', 'sales', 'crm'],
] as const;

export async function applyQuickstart(house: House, demoPort: number): Promise<void> {
  const folder = join(ROOT, 'crds', 'examples', 'quickstart');
  const files = (await readdir(folder)).filter(name => name.endsWith('.yaml'));
  const texts = await Promise.all(files.map(name => readFile(join(folder, name), 'utf8')));
  await house.apply(texts.join('\n---\n').replaceAll('demo.localhost:8444', `demo.localhost:${demoPort}`));
}

/** What an application reads from its own Secret, and nothing else. */
export async function credentialsOf(house: House, namespace: string, secretName: string): Promise<DemoClient> {
  const { data = {} } = await house.get<Secret>('secret', namespace, secretName);
  const read = (key: string): string => Buffer.from(data[key] ?? '', 'base64').toString();
  return {
    key: `${namespace}/${secretName}`,
    application: 'Wiki',
    tenant: 'Acme',
    issuer: read('issuer'),
    clientId: read('client_id'),
    clientSecret: read('client_secret'),
    scopes: ['openid', 'profile', 'email'],
  };
}
