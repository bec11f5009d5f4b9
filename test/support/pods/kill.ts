import { kubectl, type Pod } from './cluster.ts';
import { runOnce } from './once.ts';

/** Deaths without a farewell. */

/** The pod is gone from the API at once; its processes are killed. */
export async function deleteByForce({ metadata }: Pod, namespace: string): Promise<void> {
  await kubectl(['delete', 'pod', metadata.name, '-n', namespace, '--grace-period=0', '--force']);
}

/**
 * Kills the processes of a pod with signal 9 while the cluster believes in it. The first process of a container takes no
 * such signal from its own kind, so another pod sends it, from the process list of the node.
 */
export function killProcesses({ metadata, spec }: Pod): Promise<void> {
  const { nodeName } = spec;
  return runOnce({ name: 'sso-operator-test-killer', script: SCRIPT, args: [metadata.uid], nodeName, hostPID: true });
}

/** A cgroup names the UID of its pod, with dashes or underscores. */
const SCRIPT = `
const { readdirSync, readFileSync } = require('node:fs');
const uid = process.argv[1];
const read = path => { try { return readFileSync(path, 'utf8'); } catch { return ''; } };
const pids = readdirSync('/proc').filter(name => /^\\d+$/.test(name)).filter(pid => {
  const group = read('/proc/' + pid + '/cgroup');
  return (group.includes(uid) || group.includes(uid.replaceAll('-', '_'))) && read('/proc/' + pid + '/cmdline').startsWith('node\\0');
});
if (pids.length === 0) throw new Error('no process of ' + uid);
for (const pid of pids) process.kill(Number(pid), 'SIGKILL');
`;
