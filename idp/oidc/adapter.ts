import type { Adapter, AdapterFactory } from 'oidc-provider';
import { ClientRecords } from './client-records.ts';
import type { TenantScope } from './needs.ts';
import { Records } from './records.ts';
import type { SessionRecords } from './session-records.ts';

/** Which records keep which model; all others are plain ones. */
export function createAdapter(scope: TenantScope, sessions: SessionRecords): AdapterFactory {
  const special: Record<string, Adapter> = { Client: new ClientRecords(scope), Session: sessions };
  return model => special[model] ?? new Records(scope, model);
}
