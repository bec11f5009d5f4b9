import { NAMESPACES } from '../installation.ts';
import { apply, kubectl } from './cluster.ts';
import { runOnce } from './once.ts';

/**
 * A volume for the chart's Valkey on a cluster that has no StorageClass: a folder of a node, lent for the time of the
 * tests. Where there is a StorageClass, this does nothing.
 */

const NAME = 'sso-operator-test';
const FOLDER = '/var/tmp/sso-operator-test-valkey';

async function hasStorageClass(): Promise<boolean> {
  return (await kubectl(['get', 'storageclass', '-o', 'name'])).trim() !== '';
}

export async function lendVolume(): Promise<void> {
  if (await hasStorageClass()) return;
  await onNode(`fs.mkdirSync('${FOLDER}', { recursive: true }); fs.chmodSync('${FOLDER}', 0o777)`);
  await apply({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: NAME },
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: 'Retain',
      hostPath: { path: FOLDER },
      claimRef: { namespace: NAMESPACES.idp, name: 'data-sso-valkey-0' },
    },
  });
}

export async function dropVolume(): Promise<void> {
  if (await hasStorageClass()) return;
  await kubectl(['delete', 'pv', NAME, '--ignore-not-found', '--timeout=60s']);
  await onNode(`fs.rmSync('${FOLDER}', { recursive: true, force: true })`);
}

const onNode = (script: string): Promise<void> =>
  runOnce({ name: 'sso-operator-test-volume', script: `const fs = require('node:fs'); ${script}`, folder: '/var/tmp' });
