import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { test } from 'node:test';

/** The import law of the house: which room may import which room and which package. The first match of a path counts. */
interface Room {
  /** Rooms and files of ours, by path prefix. A room may always import itself. */
  ours: string[];
  /** npm packages. */
  packages?: string[];
  /** node: modules; absent: all. The pure rooms name what they may have. */
  node?: string[];
}

const PURE = ['node:crypto'];

const LAW: Record<string, Room> = {
  'crds/schema/': { ours: [], packages: ['zod', 'yaml'], node: PURE },
  'crds/wire/': { ours: ['crds/schema/'], packages: [] },
  'crds/shared/pure/xml/': { ours: [], packages: [], node: PURE },
  'crds/shared/pure/': { ours: ['crds/schema/'], packages: ['yaml', '@marcbachmann/cel-js', 'zod'], node: PURE },
  'crds/shared/outbound/': { ours: ['crds/schema/', 'crds/shared/'], packages: [] },
  'crds/generate': { ours: ['crds/'], packages: ['zod', 'yaml'] },

  'charts/': { ours: [], packages: ['zod', 'yaml'] },

  'operator/main.ts': { ours: ['crds/', 'operator/'], packages: ['@kubernetes/client-node'] },
  'operator/settings.ts': { ours: [], packages: ['zod'] },
  'operator/log.ts': { ours: [], packages: ['pino'] },
  'operator/metrics.ts': { ours: [], packages: ['prom-client'] },
  'operator/runtime/': { ours: ['crds/schema/', 'crds/wire/'], packages: [] },
  'operator/rules/': { ours: ['crds/schema/', 'crds/shared/pure/'], packages: ['yaml'], node: PURE },
  'operator/render/': {
    ours: ['crds/schema/', 'crds/shared/pure/'],
    // For their types only; they are not installed where the operator runs.
    packages: ['@kubernetes-models/cert-manager', 'kubernetes-models'],
    node: [],
  },
  'operator/keys/': { ours: ['crds/schema/', 'crds/shared/pure/'], packages: ['jose'] },
  'operator/domains/': { ours: ['crds/schema/', 'crds/shared/'], packages: [] },
  'operator/reconcile/': {
    ours: ['crds/', 'operator/runtime/', 'operator/rules/', 'operator/render/', 'operator/keys/', 'operator/domains/'],
    packages: ['zod'],
  },
  'operator/local/': {
    ours: ['crds/', 'operator/'],
    packages: ['yaml', 'openid-client', '@node-saml/node-saml', 'zod'],
  },
  'operator/cli/': { ours: ['crds/', 'operator/'], packages: ['yaml', 'zod'] },

  'idp/main.ts': { ours: ['crds/', 'idp/'], packages: [] },
  'idp/protocols.ts': { ours: ['idp/'], packages: [] },
  'idp/settings.ts': { ours: ['idp/storage/address.ts'], packages: ['zod'] },
  'idp/log.ts': { ours: [], packages: ['pino'] },
  'idp/metrics.ts': { ours: [], packages: ['prom-client'] },
  'idp/store-watch.ts': { ours: ['idp/log.ts', 'idp/metrics.ts', 'idp/storage/'], packages: [] },
  'idp/audit.ts': { ours: ['idp/log.ts'], packages: ['pino'] },
  'idp/storage/redis/': { ours: ['idp/storage/'], packages: ['ioredis'] },
  'idp/storage/': { ours: [], packages: [] },
  'idp/tenants/': { ours: ['crds/schema/', 'crds/shared/', 'crds/wire/'], packages: ['yaml', 'zod'] },
  'idp/limits/': { ours: ['idp/storage/store.ts', 'crds/shared/pure/'], packages: [] },
  'idp/sources/': { ours: ['crds/schema/', 'crds/shared/', 'idp/tenants/tenant.ts', 'idp/limits/'], packages: [] },
  'idp/login/': {
    ours: ['crds/schema/', 'crds/shared/pure/', 'idp/tenants/tenant.ts', 'idp/sources/', 'idp/limits/', 'idp/storage/'],
  },
  'idp/logout/': { ours: ['crds/schema/', 'idp/tenants/tenant.ts', 'idp/storage/'], packages: [] },
  'idp/oidc/': {
    ours: [
      'crds/schema/',
      'crds/shared/',
      'idp/tenants/tenant.ts',
      'idp/login/',
      'idp/logout/',
      'idp/storage/',
      'idp/limits/',
      'idp/sources/',
    ],
    packages: ['oidc-provider', 'keygrip', 'jose'],
  },
  'idp/saml/': {
    ours: [
      'crds/schema/',
      'crds/shared/pure/',
      'idp/tenants/tenant.ts',
      'idp/login/',
      'idp/logout/',
      'idp/sources/source.ts',
      'idp/storage/store.ts',
    ],
    packages: [],
  },
  'idp/tls/': { ours: ['crds/shared/pure/', 'idp/tenants/tenant.ts'], packages: ['lru-cache'] },
  'idp/web/': {
    ours: [
      'crds/schema/',
      'crds/shared/pure/',
      'idp/tenants/',
      'idp/oidc/',
      'idp/saml/',
      'idp/login/',
      'idp/logout/',
      'idp/limits/',
      'idp/sources/',
      'idp/storage/store.ts',
      'idp/tls/',
    ],
    packages: ['express', 'helmet', 'zod'],
  },
};

const ROOT = resolve(import.meta.dirname, '..');
const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s(?:[^'"`;]*?\sfrom\s)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

const files = ['crds', 'charts', 'operator', 'idp'].flatMap(top =>
  readdirSync(join(ROOT, top), { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.ts'))
    .map(path => `${top}/${path}`),
);

function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  return [...text.matchAll(IMPORT)].map(match => match[1] ?? match[2] ?? '');
}

/** A path of ours, `node:…`, or the name of a package. */
function target(file: string, specifier: string): string {
  if (specifier.startsWith('#')) return specifier.slice(1);
  if (specifier.startsWith('.')) return relative(ROOT, resolve(ROOT, dirname(file), specifier));
  if (specifier.startsWith('node:')) return specifier;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function isAllowed(prefix: string, room: Room, wanted: string): boolean {
  if (wanted.startsWith('node:')) return room.node === undefined || room.node.includes(wanted);
  if (/^(crds|charts|operator|idp|test)\//.test(wanted))
    return [prefix, ...room.ours].some(allowed => wanted.startsWith(allowed));
  return room.packages?.includes(wanted) ?? false;
}

test('every file lives in a room of the law', () => {
  const homeless = files.filter(file => !Object.keys(LAW).some(prefix => file.startsWith(prefix)));
  assert.deepEqual(homeless, []);
});

test('rooms import only what the law allows', () => {
  const broken = files.flatMap(file => {
    const [prefix, room] = Object.entries(LAW).find(([prefix]) => file.startsWith(prefix)) ?? [];
    if (prefix === undefined || room === undefined) return [];
    return importsOf(file)
      .map(specifier => target(file, specifier))
      .filter(wanted => !isAllowed(prefix, room, wanted))
      .map(wanted => `${file} must not import ${wanted}`);
  });
  assert.deepEqual(broken, []);
});

test('pure rooms neither wait nor read the clock, the environment or randomness', () => {
  const IMPURE =
    /\b(await|async|Promise|setTimeout|Date\.now|new Date\(\)|process\.|Math\.random|randomBytes|randomUUID|generateKey)/;
  const impure = files
    .filter(file => /^(operator\/(render|rules)|crds\/shared\/pure)\//.test(file))
    .flatMap(file => {
      const found = IMPURE.exec(readFileSync(join(ROOT, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, ''));
      return found ? [`${file}: ${found[0]}`] : [];
    });
  assert.deepEqual(impure, []);
});
