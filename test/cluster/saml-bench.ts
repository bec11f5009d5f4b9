import assert from 'node:assert/strict';
import type { ConfigMap, Secret } from '#crds/schema/kinds.ts';
import { type SamlClientDocument, samlClientDocument } from '#crds/schema/live-config.ts';
import { until } from '#test/support/program.ts';
import {
  type Bench,
  EVERYTHING,
  publishReplicas,
  type Running,
  startBench,
  tenantOf,
  usersSecret,
} from './operator-bench.ts';

/** The bench with a tenant that lets in the SAML clients of namespace `apps`. */
export interface SamlBench extends Bench {
  running: Running;
  uidOf(name: string): Promise<string>;
  liveOf(name: string): Promise<SamlClientDocument>;
  /** Of the Secret with the keys of the tenant. */
  keysName(): Promise<string>;
  kubectl(...args: string[]): Promise<string>;
  isGone(namespace: string, configMap: string): Promise<void>;
}

export const SOON = { secretRecheckSeconds: 1 };
export const LETS_IN = { from: 'Selector', selector: { matchLabels: { team: 'apps' } } };

export const saml = (name: string, namespace = 'apps') => ({ kind: 'SamlClient', namespace, name }) as const;

export const textOf = (secret: Secret | undefined, key: string): string =>
  Buffer.from(secret?.data?.[key] ?? '', 'base64').toString();

export const documentOf = (configMap: ConfigMap | undefined): SamlClientDocument =>
  samlClientDocument.parse(JSON.parse(configMap?.data?.['document.json'] ?? ''));

export async function startSamlBench(): Promise<SamlBench> {
  const bench = await startBench();
  for (const name of ['team-acme', 'apps', 'others']) await bench.namespace(name, { team: name });
  await bench.apply(usersSecret('team-acme'));
  await bench.apply(tenantOf('team-acme', 'acme', { clients: LETS_IN }));
  const running = await bench.start({ settings: SOON });
  await publishReplicas(bench, { 'idp-0': EVERYTHING });
  await bench.ready({ kind: 'SsoTenant', namespace: 'team-acme', name: 'acme' });
  const uidOf = async (name: string) => (await bench.samlClient('apps', name))?.metadata.uid ?? '';
  return Object.assign(bench, {
    running,
    uidOf,
    liveOf: async (name: string) => documentOf(await bench.configMap(await uidOf(name), 'c')),
    keysName: async () => `sso-t-${(await bench.tenant('team-acme', 'acme'))?.metadata.uid}-keys`,
    async kubectl(...args: string[]) {
      const { code, stdout, stderr } = await bench.api.kubectl(args);
      assert.equal(code, 0, stderr);
      return stdout;
    },
    async isGone(namespace: string, name: string) {
      await until(`${namespace}/${name} is gone`, async () =>
        (await bench.plainConfigMap(namespace, name)) === undefined ? true : undefined,
      );
    },
  });
}
