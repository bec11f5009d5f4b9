import type { OidcPages } from '#idp/oidc/pages.ts';
import { brandOf } from './pages/frame.ts';
import { logoutPage, signedOutPage } from './pages/logout.ts';
import { noticePage } from './pages/notice.ts';

/** The pages that the protocol asks for in mid-flow, in the look of the house. */
export const oidcPages: OidcPages = {
  logout: ({ tenant, ...view }) => logoutPage({ brand: brandOf(tenant), ...view }).toString(),
  signedOut: ({ tenant, ...view }) => signedOutPage({ brand: brandOf(tenant), ...view }).toString(),
  error: ({ tenant, title, detail, requestId }) =>
    noticePage({ brand: brandOf(tenant), title, detail, requestId }).toString(),
};
