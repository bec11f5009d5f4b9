/**
 * Why a store did not answer, in a word or two for a log. Never the client's own error: it carries the command, and with
 * it what somebody's session holds.
 */

const KNOWN: Record<string, string> = {
  'Connection is closed.': 'the connection was lost',
  'Command timed out': 'no answer in time',
  'None of startup nodes is available': 'no server of the cluster can be reached',
  'Failed to refresh slots cache.': 'no server of the cluster can be reached',
};

export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { code } = error as NodeJS.ErrnoException;
  if (typeof code === 'string') return code;
  const { message, name } = error;
  // What a server answers begins with its kind: WRONGPASS, LOADING, READONLY, CLUSTERDOWN, NOREPLICAS, OOM.
  const kind = /^[A-Z]{2,20}(?= |$)/.exec(message)?.[0];
  if (kind !== undefined) return kind;
  if (message.startsWith('All sentinels are unreachable')) return 'no sentinel answers';
  if (message.startsWith('Socket timeout')) return 'no answer in time';
  return KNOWN[message] ?? name;
}
