/**
 * Where a store is, as an administrator writes it. Pure; knows no client and no secret: a password in an address is
 * refused, because addresses are shown.
 *
 *   memory   sqlite:<file>   redis://[user@]host[:port][/db]   redis+sentinel://host[:port],…/<master>[/db]
 *   redis+cluster://host[:port],…      with rediss for TLS
 */

interface StoreNode {
  host: string;
  port: number;
}

export interface RedisAddress {
  kind: 'redis';
  topology: 'single' | 'sentinel' | 'cluster';
  tls: boolean;
  user: string | undefined;
  /** The servers themselves, or the sentinels. At least one. */
  nodes: readonly StoreNode[];
  /** Of a sentinel set. */
  master: string | undefined;
  db: number;
}

export type StoreAddress = { kind: 'memory' } | { kind: 'sqlite'; path: string } | RedisAddress;

/** Everything that one store needs to be opened. Files are read when they are needed, so that a secret can be renewed. */
export interface StoreSettings {
  address: StoreAddress;
  passwordFile: string | undefined;
  sentinelPasswordFile: string | undefined;
  /** PEM; undefined: the authorities that Node knows. */
  caFile: string | undefined;
  /** How many replicas must have seen a consumed code before it counts. 0: none. */
  waitReplicas: number;
}

/** Its message says what is wrong and never repeats the address. */
export class StoreAddressInvalid extends Error {
  readonly code = 'StoreAddressInvalid';
}

const REDIS = /^redis(s?)(?:\+(sentinel|cluster))?:\/\/(?:([^@/]*)@)?([^@/]+)((?:\/[^/]*)*)$/;
const NODE = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?$/;
const PORTS = { single: 6379, sentinel: 26_379, cluster: 6379 } as const;

/** Throws StoreAddressInvalid. */
export function parseStoreAddress(text: string): StoreAddress {
  if (text === 'memory' || text === 'memory:') return { kind: 'memory' };
  if (/^sqlite:.+/s.test(text)) return { kind: 'sqlite', path: text.slice('sqlite:'.length) };
  return parseRedis(text);
}

function parseRedis(text: string): RedisAddress {
  const [, secure, kind, user, hosts = '', path = ''] = REDIS.exec(text) ?? refuse(FORMS);
  if (user?.includes(':')) refuse('a password does not belong in an address: name a file that holds it');
  const topology = (kind ?? 'single') as RedisAddress['topology'];
  const nodes = hosts.split(',').map(host => parseNode(host, PORTS[topology]));
  if (topology === 'single' && nodes.length > 1) refuse('several servers are redis+sentinel:// or redis+cluster://');
  return {
    kind: 'redis',
    topology,
    tls: secure === 's',
    user: user === '' ? undefined : user,
    nodes,
    ...PATHS[topology](path.split('/').slice(1).filter(Boolean)),
  };
}

const FORMS =
  'it is one of memory, sqlite:<file>, redis://[user@]host:port[/db], redis+sentinel://host:port,…/<master>[/db], redis+cluster://host:port,… (rediss for TLS)';

function parseNode(text: string, fallback: number): StoreNode {
  const [, host = '', port] = NODE.exec(text) ?? refuse('a server is host or host:port');
  const number = port === undefined ? fallback : Number(port);
  if (number < 1 || number > 65_535) refuse('a port is 1 to 65535');
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: number };
}

type Path = Pick<RedisAddress, 'master' | 'db'>;

/** What stands behind the servers. */
const PATHS = {
  single: parts =>
    parts.length > 1 ? refuse('behind the server stands /<db>') : { master: undefined, db: db(parts[0]) },
  sentinel: parts => {
    if (parts.length < 1 || parts.length > 2) refuse('behind the sentinels stands /<master> or /<master>/<db>');
    return { master: parts[0], db: db(parts[1]) };
  },
  cluster: parts => (parts.length > 0 ? refuse('a cluster has no databases') : { master: undefined, db: 0 }),
} satisfies Record<RedisAddress['topology'], (parts: string[]) => Path>;

function db(text = '0'): number {
  return /^\d{1,5}$/.test(text) ? Number(text) : refuse('a database is a number');
}

function refuse(reason: string): never {
  throw new StoreAddressInvalid(reason);
}
