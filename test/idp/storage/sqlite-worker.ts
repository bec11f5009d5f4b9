import { openSqliteStore } from '#idp/storage/sqlite.ts';

/** One of several processes on one file: consumes every code it can, and counts to fifty by compare-and-set. */

const store = openSqliteStore({ path: process.argv[2] ?? '', now: Date.now, busyTimeout: 10_000 });
let won = 0;
for (let n = 0; n < 50; n++) {
  if ((await store.consume(`code/${n}`, 1)) === 'consumed') won += 1;
  for (;;) {
    const seen = await store.read('counter');
    const next = { n: Number(seen?.value['n']) + 1 };
    if ((await store.write('counter', next, { ttl: 60, ifVersion: seen?.version ?? 0 })) === 'written') break;
  }
}
process.stdout.write(String(won));
await store.close();
