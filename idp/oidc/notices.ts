import type { Log } from './needs.ts';

/**
 * The library writes its notices to the console as plain text; ours is one JSON object a line. They come while a
 * Provider is built (which never waits), so the console is only ours for that moment.
 */
export function withNotices<T>(log: Log, build: () => T): T {
  const { info, warn } = console;
  const say = (level: 'info' | 'warn') => (line: unknown) =>
    log[level]({ library: 'oidc-provider' }, String(line).replace(/^oidc-provider (NOTICE|WARNING): /, ''));
  Object.assign(console, { info: say('info'), warn: say('warn') });
  try {
    return build();
  } finally {
    Object.assign(console, { info, warn });
  }
}
