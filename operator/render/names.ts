/** Names of everything that is written. Children are named by the UID of their owner: a name can be made again, a UID not. */

export const tenantChild = {
  configMap: (uid: string) => `sso-t-${uid}`,
  keys: (uid: string) => `sso-t-${uid}-keys`,
  tls: (uid: string) => `sso-t-${uid}-tls`,
  source: (uid: string, source: string) => `sso-t-${uid}-source-${source}`,
} as const;

export const clientChild = {
  configMap: (uid: string) => `sso-c-${uid}`,
  credentials: (uid: string) => `sso-c-${uid}-credentials`,
} as const;
