import type { TenantCore } from './assemble.ts';
import type { Problem } from './document.ts';
import type { Client, Registry, SamlClient, Snapshot, Tenant } from './tenant.ts';

/**
 * Builds the immutable snapshots. Only tenants that changed, or whose clients did, are made anew; every other tenant is
 * the same object as before, so that what hangs on it (providers, TLS contexts) stays.
 */

type AnyClient = Client | SamlClient;

const EMPTY: Snapshot = { byHost: new Map(), byUid: new Map() };

export class RegistryBuilder implements Registry {
  /** Insertion order decides who holds a host or a name that two documents claim: the earlier one keeps it. */
  private readonly cores = new Map<string, TenantCore>();
  private readonly clients = new Map<string, Map<string, AnyClient>>();
  private readonly built = new Map<string, Tenant>();
  private readonly touched = new Set<string>();
  private clashes = new Map<string, Map<string, Problem>>();
  private hostClashes = new Map<string, Problem>();
  private snapshot = EMPTY;

  current(): Snapshot {
    return this.snapshot;
  }

  putTenant(core: TenantCore): void {
    this.cores.set(core.document.uid, core);
    this.touched.add(core.document.uid);
  }

  dropTenant(uid: string): void {
    this.cores.delete(uid);
    this.touched.add(uid);
  }

  putClient(client: AnyClient): void {
    const { tenantUid, uid } = client.document;
    const siblings = this.clients.get(tenantUid) ?? new Map<string, AnyClient>();
    this.clients.set(tenantUid, siblings.set(uid, client));
    this.touched.add(tenantUid);
  }

  dropClient(tenantUid: string, uid: string): void {
    const siblings = this.clients.get(tenantUid);
    siblings?.delete(uid);
    if (siblings?.size === 0) this.clients.delete(tenantUid);
    this.touched.add(tenantUid);
  }

  /** UIDs that cannot be served because another one holds their host, clientId or entityID. */
  collisions(): Map<string, Problem> {
    return new Map([...this.hostClashes, ...[...this.clashes.values()].flatMap(clashes => [...clashes])]);
  }

  /** Swaps the snapshot; false when nothing was touched since the last time. */
  swap(): boolean {
    if (this.touched.size === 0) return false;
    for (const uid of this.touched) this.rebuild(uid);
    this.touched.clear();
    this.snapshot = this.index();
    return true;
  }

  private rebuild(uid: string): void {
    const core = this.cores.get(uid);
    this.clashes.delete(uid);
    if (core === undefined) {
      this.built.delete(uid);
      return;
    }
    const { clashes, ...clients } = seat(this.clients.get(uid)?.values() ?? []);
    if (clashes.size > 0) this.clashes.set(uid, clashes);
    this.built.set(uid, { ...core, ...clients });
  }

  private index(): Snapshot {
    const byHost = new Map<string, Tenant>();
    const byUid = new Map<string, Tenant>();
    this.hostClashes = new Map();
    for (const uid of this.cores.keys()) {
      const tenant = this.built.get(uid);
      if (tenant === undefined) continue;
      if (byHost.has(tenant.document.domain)) {
        this.hostClashes.set(uid, { code: 'HostTaken', message: 'another tenant holds the domain' });
        continue;
      }
      byHost.set(tenant.document.domain, tenant);
      byUid.set(uid, tenant);
    }
    return { byHost, byUid };
  }
}

interface Seated extends Pick<Tenant, 'clients' | 'samlClients'> {
  clashes: Map<string, Problem>;
}

/** Each client under its name; whoever comes to a name that is taken is left out. */
function seat(all: Iterable<AnyClient>): Seated {
  const clients = new Map<string, Client>();
  const samlClients = new Map<string, SamlClient['document']>();
  const clashes = new Map<string, Problem>();
  for (const client of all) {
    if ('credentials' in client) {
      const { uid, clientId } = client.document;
      if (clients.has(clientId)) clashes.set(uid, { code: 'ClientIdTaken', message: 'clientId is taken' });
      else clients.set(clientId, client);
    } else {
      const { uid, entityId } = client.document;
      if (samlClients.has(entityId)) clashes.set(uid, { code: 'EntityIdTaken', message: 'entityId is taken' });
      else samlClients.set(entityId, client.document);
    }
  }
  return { clients, samlClients, clashes };
}
