/**
 * What the image is made of, as one table: the Dockerfile says the same in its own words, and a test holds the two together.
 * This room knows no program of ours; it copies them. Nothing here runs in the image.
 */

/** Where the programs live, and where they are started from. */
export const APP = 'app';

/** The user of the programs: `nonroot` of the distroless images. */
export const USER = 65_532;

/** What `npm ci` needs. The lock is left in the image: scanners read it. */
export const LOCK = ['package.json', 'package-lock.json', '.npmrc'] as const;

/** What is copied from the checkout. */
export const SOURCES = ['LICENSE', 'crds', 'idp', 'operator'] as const;

/** Production dependencies, as the lock has them. No scripts: the only one would fetch a second Node (180 MB). */
export const INSTALL = ['ci', '--omit=dev', '--ignore-scripts'] as const;

export const NODE = 'usr/local/bin/node';

/** Read by Node, not by us: docs/running.md has the figures. */
export const ENVIRONMENT = {
  NODE_ENV: 'production',
  NODE_OPTIONS: '--max-semi-space-size=4',
  NODE_COMPILE_CACHE: `/${APP}/.compile-cache`,
  // Names in the cache are relative to it, so it may be made in another folder than it is used in.
  NODE_COMPILE_CACHE_PORTABLE: '1',
} as const;

export const COMMAND = ['node', 'idp/main.ts'] as const;
