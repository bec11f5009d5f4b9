import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { KINDS } from '#crds/schema/kinds.ts';
import type { Case, Manifest } from '../crds/case.ts';
import { CASES } from '../crds/cases.ts';
import { type ApiServer, startApiServer } from '../support/api-server.ts';
import { type Answer, ask } from '../support/api-server-request.ts';

let api: ApiServer;
before(async () => {
  api = await startApiServer();
  await api.installCrds();
});
after(async () => api[Symbol.asyncDispose]());

const collection = ({ apiVersion, kind, metadata }: Manifest): string =>
  `/apis/${apiVersion}/namespaces/${metadata.namespace}/${KINDS[kind].plural}`;
const STRICT = 'dryRun=All&fieldValidation=Strict';

/** The answer to `kubectl apply --dry-run=server` of the case. */
async function judge({ object, before }: Case): Promise<Answer> {
  if (before === undefined) return ask(api, { method: 'POST', path: `${collection(object)}?${STRICT}`, body: object });
  const path = `${collection(before)}/${before.metadata.name}`;
  const made = await ask(api, { method: 'POST', path: collection(before), body: before });
  assert.equal(made.code, 201, made.message);
  const { resourceVersion } = made.body.metadata ?? {};
  const body = { ...object, metadata: { ...object.metadata, resourceVersion } };
  const answer = await ask(api, { method: 'PUT', path: `${path}?${STRICT}`, body });
  await ask(api, { method: 'DELETE', path });
  return answer;
}

for (const each of CASES) {
  const { name, object, before, refused } = each;
  const change = before === undefined ? '' : 'change of ';
  test(`${object.kind}: ${change}${name} is ${refused === undefined ? 'taken' : 'refused'}`, async () => {
    const answer = await judge(each);
    if (refused === undefined) return assert.ok(answer.code < 300, answer.message);
    assert.ok(answer.code === 422 || answer.code === 400, `${answer.code} ${answer.message}`);
    assert.ok(answer.message.includes(refused.path), answer.message);
    assert.ok(answer.message.includes(refused.rule ?? ''), answer.message);
  });
}
