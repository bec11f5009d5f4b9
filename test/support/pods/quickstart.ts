import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { ROOT } from '../program.ts';
import { RESOURCES } from '../quickstart.ts';
import { kubectl } from './cluster.ts';
import { CROWD } from './load.ts';

/** The quickstart on a cluster with pods: its files as they are, with a crowd of people beside Ada. */

const FOLDER = join(ROOT, 'crds', 'examples', 'quickstart');
const MOST = 16;

/** Waits until every resource is Ready. */
export async function applyQuickstart(): Promise<void> {
  const files = (await readdir(FOLDER)).filter(name => name.endsWith('.yaml'));
  const texts = await Promise.all(files.map(name => readFile(join(FOLDER, name), 'utf8')));
  const documents = texts.flatMap(text => parseAllDocuments(text).map(document => document.toJS() as Document));
  await kubectl(['apply', '-f', '-'], documents.map(each => stringify(withCrowd(each))).join('---\n'));
  for (const [kind, namespace, name] of RESOURCES) await ready(kind, namespace, name);
}

export async function ready(kind: string, namespace: string, name: string): Promise<void> {
  await kubectl(['wait', '--for=condition=Ready', `${kind}/${name}`, '-n', namespace, '--timeout=60s']);
}

/** One more address for the application of the load; the others stay. */
export async function addRedirectUri(uri: string): Promise<void> {
  const patch = [{ op: 'add', path: '/spec/redirectUris/-', value: uri }];
  await kubectl(['patch', 'oidcclient', 'reports', '-n', 'analytics', '--type=json', '-p', JSON.stringify(patch)]);
}

interface Document {
  kind: string;
  metadata: { name: string; namespace?: string };
  stringData?: Record<string, string>;
}

/** Everybody in the crowd has Ada's password and groups, and a name and an address of their own. */
function withCrowd(document: Document): Document {
  const text = document.stringData?.['users.yaml'];
  if (text === undefined || document.metadata.namespace !== 'team-acme') return document;
  const { users } = parse(text) as { users: Record<string, unknown>[] };
  const crowd = Array.from({ length: MOST }, (_, index) => {
    const username = `${CROWD}-${index}`;
    return { ...users[0], username, email: `${username}@acme.example` };
  });
  return {
    ...document,
    stringData: { 'users.yaml': stringify({ users: [...users, ...crowd] }, { aliasDuplicateObjects: false }) },
  };
}
