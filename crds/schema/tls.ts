import { z } from 'zod';

/** What a domain may ask of TLS. Which suites a profile has is in crds/shared/pure/cipher-suites.ts. */

export const tlsProfile = z.enum(['Strict', 'BestPractices']);

/** The oldest version that is spoken. Older ones cannot be asked for. */
export const tlsVersion = z.enum(['1.2', '1.3']);

export type TlsProfile = z.infer<typeof tlsProfile>;
export type TlsVersion = z.infer<typeof tlsVersion>;
