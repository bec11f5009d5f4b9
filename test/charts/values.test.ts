import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingHelm, template } from '#test/support/helm.ts';

const skip = await missingHelm();

/** A value that is wrong, and what helm has to name. */
const REFUSED: Record<string, RegExp> = {
  'replica=2': /replica\b/,
  'idp.replica=2': /\/idp.*replica\b/s,
  'idp.service.tpye=NodePort': /tpye/,
  'valkey.persistence.enable=true': /'enable'/,
  'idp.replicas=three': /replicas/,
  'idp.service.type=ExternalName': /type/,
  'idp.namespace=SSO': /namespace/,
  'image.digest=sha256:abc': /digest/,
  'publicPort=0': /publicPort/,
  'runAsUser=0': /runAsUser/,
  'operator.issuers[0]=letsencrypt': /issuers/,
  'operator.domainClaims.localhost[0]=a|b': /domainClaims/,
  'store.address=redis://user:hunter2@store:6379': /address/,
  'store.address=redis://:hunter2@store:6379': /address/,
  'store.address=sqlite:/data/x': /address/,
  'idp.trustedProxies[0]=proxy.example': /trustedProxies/,
  'idp.resources.limits.memory=much': /memory/,
};

for (const [set, named] of Object.entries(REFUSED)) {
  test(`the schema refuses ${set}`, { skip }, async () => {
    const { code, stderr } = await template({ set: [set] });
    assert.notEqual(code, 0);
    assert.match(stderr, named);
  });
}

/** Values that contradict each other, and the value that the message begins with. */
const CONTRADICTIONS: Record<string, { set: string[]; says: RegExp }> = {
  'the IdP in the namespace of the release': {
    set: ['idp.namespace=sso-system'],
    says: /idp\.namespace: sso-system is/,
  },
  'sessions in the memory of three replicas': { set: ['store.address=memory'], says: /store\.address: memory serves/ },
  'sessions in memory where load makes replicas': {
    set: ['store.address=memory', 'idp.replicas=1', 'idp.autoscaling.enabled=true'],
    says: /store\.address: memory serves/,
  },
  'no store at all': { set: ['valkey.enabled=false'], says: /store\.address: name a store/ },
  'durable data in memory': { set: ['durableStore.address=memory'], says: /durableStore\.address: memory forgets/ },
  'more replicas at least than at most': {
    set: ['idp.autoscaling.enabled=true', 'idp.autoscaling.minReplicas=11'],
    says: /minReplicas is above/,
  },
  'a traffic policy without a load balancer': {
    set: ['idp.service.externalTrafficPolicy=Local'],
    says: /externalTrafficPolicy: only/,
  },
  'a class without a load balancer': { set: ['idp.service.loadBalancerClass=x'], says: /loadBalancerClass: only/ },
};

for (const [name, { set, says }] of Object.entries(CONTRADICTIONS)) {
  test(`the chart refuses ${name}, and says what to change`, { skip }, async () => {
    const { code, stderr } = await template({ set });
    assert.notEqual(code, 0);
    assert.match(stderr, says);
  });
}

test('what parent charts hand down is taken', { skip }, async () => {
  assert.equal((await template({ set: ['global.imageRegistry=x'] })).code, 0);
});
