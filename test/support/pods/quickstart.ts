import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { ROOT } from '../program.ts';
import { RESOURCES } from '../quickstart.ts';
import { apply, kubectl } from './cluster.ts';
import { CROWD } from './load.ts';

/** The quickstart on a cluster with pods: its files as they are, and then a crowd of people beside Ada. */

const FOLDER = join(ROOT, 'crds', 'examples', 'quickstart');
const MOST = 16;

export async function applyQuickstart(): Promise<void> {
  await kubectl(['apply', '-f', FOLDER]);
  for (const [kind, namespace, name] of RESOURCES) await ready(kind, namespace, name);
  await addCrowd();
}

export async function ready(kind: string, namespace: string, name: string): Promise<void> {
  await kubectl(['wait', '--for=condition=Ready', `${kind}/${name}`, '-n', namespace, '--timeout=60s']);
}

/** One more address for the application of the load; the others stay. */
export async function addRedirectUri(uri: string): Promise<void> {
  const patch = [{ op: 'add', path: '/spec/redirectUris/-', value: uri }];
  await kubectl(['patch', 'oidcclient', 'reports', '-n', 'analytics', '--type=json', '-p', JSON.stringify(patch)]);
}

interface Secret {
  kind: string;
  metadata: { name: string; namespace: string };
  stringData: { 'users.yaml': string };
}

/** Everybody in it has Ada's password and groups. */
async function addCrowd(): Promise<void> {
  const text = await readFile(join(FOLDER, 'acme.yaml'), 'utf8');
  const people = parseAllDocuments(text)
    .map(document => document.toJS() as Secret)
    .find(({ kind }) => kind === 'Secret');
  if (people === undefined) throw new Error('the quickstart has no people');
  const { users } = parse(people.stringData['users.yaml']) as {
    users: Record<string, unknown>[];
  };
  const crowd = Array.from({ length: MOST }, (_, index) => ({
    ...users[0],
    username: `${CROWD}-${index}`,
    email: `${CROWD}-${index}@acme.example`,
  }));
  await apply({ ...people, stringData: { 'users.yaml': stringify({ users: [...users, ...crowd] }) } });
}
