import { ADVISED_COST, formatPhc } from '#crds/shared/pure/phc.ts';
import { verifyArgon2id } from '#idp/limits/argon2.ts';

/**
 * The raw hash: argon2id at the cost of the product's passwords, as many at once as the product allows itself, and nothing
 * else.
 *
 *   node test/bench/idp/hash.ts <at once> <seconds>     prints { operations, cpuSeconds, seconds }
 */

const [atOnce = 1, seconds = 1] = process.argv.slice(2).map(Number);
const phc = formatPhc({ ...ADVISED_COST, salt: new Uint8Array(16), tag: new Uint8Array(32) });
await verifyArgon2id(phc, 'warm');
const cpu = process.cpuUsage();
const begun = performance.now();
let operations = 0;
await Promise.all(
  Array.from({ length: atOnce }, async () => {
    for (; performance.now() - begun < seconds * 1000; operations++) await verifyArgon2id(phc, 'not the password');
  }),
);
const { user, system } = process.cpuUsage(cpu);
console.log(
  JSON.stringify({ operations, cpuSeconds: (user + system) / 1e6, seconds: (performance.now() - begun) / 1000 }),
);
