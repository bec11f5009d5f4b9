import { after, before } from 'node:test';
import { connect } from '#crds/wire/api-server.ts';
import { CORE } from '#crds/wire/cluster.ts';
import { clusterConformance, type Subject } from '#test/operator/local/cluster-conformance.ts';
import { type ApiServer, startApiServer } from '#test/support/api-server.ts';

/** What the no-cluster mode promises, held against a real API server. */

let server: ApiServer;
let subject: Subject;

before(async () => {
  server = await startApiServer();
  await server.installCrds();
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const cluster = connect(server.connection('admin'), { log, userAgent: 'conformance' });
  await cluster.create(CORE.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'conformance' } });
  subject = { cluster, namespace: 'conformance' };
});
after(() => server[Symbol.asyncDispose]());

clusterConformance(() => subject);
