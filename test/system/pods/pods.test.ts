import { after, before, describe } from 'node:test';
import { NO_CLUSTER } from '#test/support/pods/cluster.ts';
import { clear, install, requireOwn } from '#test/support/pods/release.ts';
import { whenTheApiServerIsAway } from './api-server.ts';
import { whenReplicasDie } from './deaths.ts';
import { installed } from './installed.ts';
import { whenTheLeaderDies } from './leader.ts';
import { reinstalled } from './reinstalled.ts';
import type { Scene } from './scene.ts';
import { whenUpgraded } from './upgrade.ts';

/**
 * The chart on a real cluster, with kubelets and a network, while people sign in through the Service from another pod.
 * The tests run in this order; docs/image.md says how to give them a cluster.
 */

describe('the chart on a cluster', { skip: NO_CLUSTER }, () => {
  const scene: Scene = { ca: '' };
  before(async () => {
    await requireOwn();
    await clear();
    await install();
  });
  after(clear);
  for (const tests of [
    installed,
    whenReplicasDie,
    whenUpgraded,
    whenTheLeaderDies,
    whenTheApiServerIsAway,
    reinstalled,
  ])
    tests(scene);
});
