/** Names of everything that is written. Children are named by the UID of their owner: a name can be made again, a UID not. */

export const tenantChild = {
  configMap: (uid: string) => `sso-t-${uid}`,
  keys: (uid: string) => `sso-t-${uid}-keys`,
  tls: (uid: string) => `sso-t-${uid}-tls`,
  certificate: (uid: string) => `sso-t-${uid}`,
  /** Where cert-manager puts its pair; `tls` is the copy that was found fit. */
  issued: (uid: string) => `sso-t-${uid}-issued`,
  ingress: (uid: string) => `sso-t-${uid}`,
  source: (uid: string, source: string) => `sso-t-${uid}-source-${source}`,
} as const;

export const clientChild = {
  configMap: (uid: string) => `sso-c-${uid}`,
  credentials: (uid: string) => `sso-c-${uid}-credentials`,
} as const;
