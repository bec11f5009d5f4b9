import { type Adapter, type AdapterPayload, errors } from 'oidc-provider';
import type { Json, StoredRecord } from '#idp/storage/store.ts';
import type { TenantScope } from './needs.ts';

/**
 * The library's models in the store, under `<tenantUid>/<Model>/<id>`: what one tenant gave out does not exist at
 * another. Whatever belongs to one grant forms one group.
 */

/** Their records die with the grant. */
const OF_A_GRANT = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken', 'DeviceCode']);

/** What the second caller of something single-use is told, where that is not InvalidGrant. */
const USED_ERRORS: Record<string, () => Error> = {
  PushedAuthorizationRequest: () => new errors.InvalidRequestUri('request_uri was already used'),
};

export class Records implements Adapter {
  private readonly scope: TenantScope;
  private readonly model: string;

  constructor(scope: TenantScope, model: string) {
    this.scope = scope;
    this.model = model;
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    return toPayload(await this.scope.store.read(this.key(id)));
  }

  async findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    return toPayload(await this.scope.store.readByAlias(this.alias(userCode)));
  }

  findByUid(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async upsert(id: string, payload: AdapterPayload, ttl = 0): Promise<void> {
    const { grantId, userCode } = payload;
    await this.scope.store.write(this.key(id), payload as Record<string, Json>, {
      ttl,
      ...(grantId !== undefined && OF_A_GRANT.has(this.model) ? { group: this.group(grantId) } : {}),
      ...(userCode === undefined ? {} : { alias: this.alias(userCode) }),
    });
  }

  /**
   * The library finds, checks and then consumes; between the two another replica may have been faster. A record that is
   * missing here was removed by a replay that revoked the family: using it now would be a second use.
   */
  async consume(id: string): Promise<void> {
    const verdict = await this.scope.store.consume(this.key(id), Math.floor(this.scope.now() / 1000));
    if (verdict === 'consumed') return;
    throw USED_ERRORS[this.model]?.() ?? new errors.InvalidGrant(`${this.model} was already used`);
  }

  async destroy(id: string): Promise<void> {
    await this.scope.store.remove(this.key(id));
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    await this.scope.store.removeGroup(this.group(grantId));
  }

  private key(id: string): string {
    return `${this.scope.uid}/${this.model}/${id}`;
  }

  private alias(userCode: string): string {
    return `${this.scope.uid}/${this.model}.userCode/${userCode}`;
  }

  private group(grantId: string): string {
    return `${this.scope.uid}/grant/${grantId}`;
  }
}

function toPayload(record: StoredRecord | undefined): AdapterPayload | undefined {
  if (record === undefined) return undefined;
  return record.consumedAt === undefined ? record.value : { ...record.value, consumed: record.consumedAt };
}
