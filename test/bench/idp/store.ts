import { startValkey } from '#test/support/valkey.ts';
import { VALKEY } from '#test/support/valkey-binary.ts';

/** The shared store of a bench: a Valkey of its own, where one is to be had. */

export interface BenchStore extends AsyncDisposable {
  /** For titles. */
  name: string;
  /** SSO_STORE. */
  address: string;
  /** Its processor time is part of the product's; undefined: it is inside the replica. */
  pid: number | undefined;
}

export async function startStore(): Promise<BenchStore> {
  if (VALKEY === undefined)
    return {
      name: 'memory (no Valkey found)',
      address: 'memory',
      pid: undefined,
      [Symbol.asyncDispose]: async () => {},
    };
  const valkey = await startValkey();
  const facts = await valkey.ask<string>('INFO', 'server');
  return {
    name: 'Valkey',
    address: `redis://127.0.0.1:${valkey.port}`,
    pid: Number(/process_id:(\d+)/.exec(facts)?.[1]),
    [Symbol.asyncDispose]: () => valkey[Symbol.asyncDispose](),
  };
}
