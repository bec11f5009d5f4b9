import type { Tenant } from '#idp/tenants/tenant.ts';

/** The pages that oidc-provider asks for in mid-flow. The web room implements them; each returns a whole HTML document. */

export interface ErrorView {
  status: number;
  /** Plain words for the person at the browser. */
  title: string;
  detail: string;
  requestId: string;
}

export interface OidcPages {
  /** `formAction` with a hidden `xsrf`, and the answer `logout=yes` or none. */
  logout(view: { tenant: Tenant; formAction: string; xsrf: string; application?: string }): string;
  signedOut(view: { tenant: Tenant; application?: string; applicationUrl?: string }): string;
  error(view: ErrorView & { tenant: Tenant }): string;
}
