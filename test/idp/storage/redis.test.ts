import { after, before, describe } from 'node:test';
import { empty, openSharedStore, passOn } from '#test/support/redis-store.ts';
import { startValkey, type Valkey } from '#test/support/valkey.ts';
import { NO_VALKEY } from '#test/support/valkey-binary.ts';
import { startValkeyCluster } from '#test/support/valkey-sets.ts';
import { conforms } from './conformance.ts';

/** The promises of Store on real servers: one, and a Cluster of three. `here` and `there` are two connections. */

const BENCHES: Record<string, () => Promise<AsyncDisposable & { address: string; servers: Valkey[] }>> = {
  'one Valkey': async () => {
    const server = await startValkey();
    const close = () => server[Symbol.asyncDispose]();
    return { address: `redis://127.0.0.1:${server.port}`, servers: [server], [Symbol.asyncDispose]: close };
  },
  'a Cluster of three': async () => {
    const cluster = await startValkeyCluster();
    return Object.assign(cluster, { servers: cluster.masters });
  },
};

for (const [name, start] of Object.entries(BENCHES))
  describe(name, { skip: NO_VALKEY }, () => {
    let bench: Awaited<ReturnType<typeof start>>;
    before(async () => void (bench = await start()));
    after(() => bench[Symbol.asyncDispose]());

    conforms(name, async () => {
      const [here, there] = [openSharedStore(bench.address), openSharedStore(bench.address)];
      return {
        here,
        there,
        pass: seconds => passOn(bench.servers, seconds),
        async close() {
          await Promise.all([here.close(), there.close()]);
          await empty(bench.servers);
        },
      };
    });
  });
