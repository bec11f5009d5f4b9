import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { CORE } from '#crds/wire/cluster.ts';
import type { CertificateIssuer } from '#operator/keys/certificate-issuer.ts';
import { startControllers } from '#operator/reconcile/index.ts';
import { systemClock } from '#operator/runtime/clock.ts';
import type { Log } from '#operator/runtime/log.ts';
import { applyWish, type Change } from './apply-folder.ts';
import type { FolderCluster } from './folder-cluster.ts';
import { followFolder } from './follow-folder.ts';
import type { FileProblem } from './kube-documents.ts';
import { IDP_NAMESPACE, localSettings } from './settings.ts';
import { settled } from './settled.ts';
import { type Wish, yamlFolder } from './yaml-folder.ts';

/** A folder of YAML under the operator's own controllers, over a cluster in files: the wish, kept true while it changes. */

/** What one look at the folder led to. */
export interface Applied {
  changes: Change[];
  problems: FileProblem[];
  notes: string[];
  /** false: something is still under way. */
  isSettled: boolean;
  milliseconds: number;
}

export interface ServeOptions {
  /** The YAML to serve. */
  directory: string;
  cluster: FolderCluster;
  certificateIssuer: CertificateIssuer;
  httpsPort: number;
  log: Log;
}

export interface ServedFolder {
  /** Waits until the replica has loaded what was applied; false when that takes longer. */
  settle(milliseconds: number): Promise<boolean>;
  /** Waits until the controllers rest, at most so long. */
  idle(milliseconds: number): Promise<void>;
  /** Calls back after every change of the folder, until the signal aborts. */
  follow(tell: (applied: Applied) => void): Promise<void>;
  /** What was applied at the start. It is not settled yet. */
  first: Applied;
}

/** A save is answered in under a second, whatever is still under way. */
const PATIENCE_MS = 800;

export async function serveFolder(options: ServeOptions, signal: AbortSignal): Promise<ServedFolder> {
  const { directory, cluster, certificateIssuer, httpsPort, log } = options;
  await cluster.apply(CORE.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: IDP_NAMESPACE } });
  const folder = yamlFolder({
    directory,
    live: (type, object) => cluster.peek(type, object),
    reserved: [IDP_NAMESPACE],
  });
  // Before the controllers look: what an earlier run left is then compared with the wish, not with nothing.
  const first = await apply();
  const settings = localSettings(httpsPort);
  const controllers = startControllers({ cluster, settings, clock: systemClock, log, certificateIssuer }, signal);

  async function apply(): Promise<Applied> {
    const start = performance.now();
    const wish: Wish = await folder.read();
    const changes = await applyWish(cluster, wish);
    const { problems, notes } = wish;
    return { changes, problems, notes, isSettled: false, milliseconds: performance.now() - start };
  }
  async function applyAndSettle(): Promise<Applied> {
    const start = performance.now();
    const applied = await apply();
    const isSettled = await settled(cluster, controllers, PATIENCE_MS);
    return { ...applied, isSettled, milliseconds: performance.now() - start };
  }
  return {
    first,
    settle: milliseconds => settled(cluster, controllers, milliseconds),
    idle: async milliseconds => {
      await turn();
      await Promise.race([controllers.idle(), delay(milliseconds, undefined, { ref: false })]);
    },
    follow: tell => followFolder(directory, folder, async () => tell(await applyAndSettle()), signal),
  };
}
