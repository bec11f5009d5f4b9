import type { BenchCase } from './bench-case.ts';

/** Every case by its name, in the order in which they run. A case is loaded when it is wanted. */
export const CASES: Record<string, () => Promise<BenchCase>> = {
  token: async () => (await import('./token.ts')).token,
  'sign-in': async () => (await import('./sign-in.ts')).signIn,
  size: async () => (await import('./size.ts')).size,
  bulk: async () => (await import('./operator/bulk-case.ts')).bulk,
  scale: async () => (await import('./operator/scale-case.ts')).scale,
  'cluster-start': async () => (await import('./cluster-start.ts')).clusterStart,
  saml: async () => (await import('./saml.ts')).saml,
  local: async () => (await import('./local.ts')).local,
};
