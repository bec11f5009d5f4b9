import type { Scene } from './scene.ts';

/** What the API server counted since it started: writes that are not Leases, and lists, streamed ones (WatchList) too. */
export async function countRequests({ house }: Scene): Promise<{ writes: number; lists: number }> {
  const { stdout } = await house.api.kubectl(['get', '--raw', '/metrics']);
  const lines = stdout.split('\n').filter(line => OF_OURS.test(line));
  const sum = (wanted: RegExp): number =>
    lines.filter(line => wanted.test(line)).reduce((total, line) => total + Number(line.split(' ').at(-1)), 0);
  const requests = lines.filter(line => line.startsWith('apiserver_request_total{')).join('\n');
  return {
    writes: countIn(requests, /verb="(POST|PUT|PATCH|APPLY|DELETE)"/),
    lists: countIn(requests, /verb="LIST"/) + sum(/^apiserver_watch_list_duration_seconds_count\{/),
  };
}

const OF_OURS = /resource="(configmaps|secrets|ssotenants|oidcclients|samlclients|namespaces|events)"/;

function countIn(text: string, wanted: RegExp): number {
  const lines = text.split('\n').filter(line => wanted.test(line));
  return lines.reduce((total, line) => total + Number(line.split(' ').at(-1)), 0);
}
