import { readFile } from 'node:fs/promises';

/** What is compiled for the API server bench, and the go.mod that makes it possible. */

export const KUBERNETES = '1.36.3';
const ETCD = '3.7.3';

export interface Step {
  module: string;
  version: string;
  /** Binary name -> Go package. */
  binaries: Record<string, string>;
  ldflags: string;
  /** true: the module replaces its k8s.io staging modules by folders, which we must turn into versions. */
  staged: boolean;
}

const [MAJOR, MINOR] = KUBERNETES.split('.');
const VERSION_FLAGS = [
  `-X k8s.io/component-base/version.gitVersion=v${KUBERNETES}`,
  `-X k8s.io/component-base/version.gitMajor=${MAJOR}`,
  `-X k8s.io/component-base/version.gitMinor=${MINOR}`,
  `-X k8s.io/client-go/pkg/version.gitVersion=v${KUBERNETES}`,
].join(' ');

export const STEPS = {
  etcd: {
    module: 'go.etcd.io/etcd/server/v3',
    version: ETCD,
    binaries: { etcd: 'go.etcd.io/etcd/server/v3' },
    ldflags: '-s -w',
    staged: false,
  },
  kubernetes: {
    module: 'k8s.io/kubernetes',
    version: KUBERNETES,
    binaries: { kubectl: 'k8s.io/kubernetes/cmd/kubectl', 'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver' },
    ldflags: `-s -w ${VERSION_FLAGS}`,
    staged: true,
  },
} as const satisfies Record<string, Step>;

/** go.mod of a throw-away module that requires the step's packages as tools, so that `go mod tidy` keeps them. */
export async function moduleFile(step: Step, go: (args: string[]) => Promise<string>): Promise<string> {
  const tools = Object.values(step.binaries).map(path => `tool ${path}`);
  const replaces = step.staged ? await stagingReplaces(step, go) : [];
  return ['module bench', 'go 1.26.0', `require ${step.module} v${step.version}`, ...tools, ...replaces, ''].join('\n');
}

/** Kubernetes replaces its staging modules by folders of its own tree; outside of it they are v0.MINOR.PATCH. */
async function stagingReplaces(step: Step, go: (args: string[]) => Promise<string>): Promise<string[]> {
  const answer = await go(['mod', 'download', '-json', `${step.module}@v${step.version}`]);
  const { GoMod } = JSON.parse(answer) as { GoMod: string };
  const staging = (await readFile(GoMod, 'utf8')).matchAll(/^\t(k8s\.io\/[a-z0-9-]+) => \.\/staging/gm);
  const version = `v0.${step.version.split('.').slice(1).join('.')}`;
  return [...staging].map(([, name]) => `replace ${name} => ${name} ${version}`);
}
