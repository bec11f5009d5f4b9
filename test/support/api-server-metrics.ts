import type { ApiServer } from './api-server.ts';

/** How many times ConfigMaps of a namespace were listed in pages, as the API server counts. */
export async function configMapLists(api: ApiServer): Promise<number> {
  const { stdout } = await api.kubectl(['get', '--raw', '/metrics']);
  return stdout
    .split('\n')
    .filter(line => line.startsWith('apiserver_request_total{') && /resource="configmaps"/.test(line))
    .filter(line => /verb="LIST"/.test(line) && /scope="namespace"/.test(line))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}
