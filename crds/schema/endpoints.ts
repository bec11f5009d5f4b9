/** Paths under the issuer that applications are told of. The IdP serves them, the operator writes them into Secrets. */
export const ENDPOINTS = {
  discovery: '/.well-known/openid-configuration',
  authorization: '/auth',
  token: '/token',
  userinfo: '/me',
  jwks: '/jwks',
  endSession: '/session/end',
} as const;
