import type { ApiServer } from './api-server.ts';
import type { User } from './api-server-files.ts';
import { type Rendering, render } from './helm.ts';

/**
 * The chart on the API server of the tests: whatever `helm install` would write, but the CRDs. The two programs of a test
 * sign in as the chart's service accounts, so that what it grants is all they have.
 */

export const NAMESPACES = { operator: 'sso-system', idp: 'sso-idp' } as const;

const account = (namespace: string, name: string): User => ({
  name: `system:serviceaccount:${namespace}:${name}`,
  groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
});

export const ACCOUNTS = {
  operator: account(NAMESPACES.operator, 'sso-operator'),
  idp: account(NAMESPACES.idp, 'sso-idp'),
} as const;

/** Users for startApiServer. */
export const ACCOUNT_USERS: User[] = [ACCOUNTS.operator, ACCOUNTS.idp];

export async function installChart(api: ApiServer, rendering: Rendering = {}): Promise<void> {
  const set = ['crds.enabled=false', 'developmentCa=true', ...(rendering.set ?? [])];
  const objects = await render({ ...rendering, set });
  const release = `apiVersion: v1\nkind: Namespace\nmetadata: {name: ${NAMESPACES.operator}}\n---\n`;
  const { code, stderr } = await api.kubectl(['apply', '--server-side', '-f', '-'], release + objects);
  if (code !== 0) throw new Error(`the chart was refused: ${stderr}`);
}
