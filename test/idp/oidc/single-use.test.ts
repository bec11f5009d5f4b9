import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as client from 'openid-client';
import { openMemoryStore } from '#idp/storage/memory.ts';
import { makeGate } from '../storage/gate.ts';
import { makeSlow } from '../storage/slow.ts';
import { type Application, askToken, openApplication, openPerson, redeem, signIn } from './application.ts';
import { makeClient } from './fixture.ts';
import { type Front, openFront } from './front.ts';

/** Decision 5: what is single-use is used once, also when everybody comes in the same instant and the store is far. */

const CALLERS = 200;

const store = makeGate(makeSlow(openMemoryStore({ now: Date.now }), 15));
let front: Front;
let grafana: Application;

before(async () => {
  front = await openFront({ store });
  front.registry.putClient('uid-acme', makeClient('grafana'));
  grafana = await openApplication(front);
});
after(() => front.close());

interface Answer {
  status: number;
  body: { error?: string; access_token?: string; refresh_token?: string };
}

async function ask(body: Record<string, string>): Promise<Answer> {
  const response = await askToken(front, body);
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

/** All of them have read the record before the first one consumes it. */
async function askAtOnce(model: RegExp, body: Record<string, string>): Promise<{ won: Answer; lost: Answer[] }> {
  store.gather(model, CALLERS);
  const answers = await Promise.all(Array.from({ length: CALLERS }, () => ask(body)));
  const [won, ...others] = answers.filter(answer => answer.status === 200);
  assert.ok(won, JSON.stringify(answers[0]));
  assert.deepEqual(others, []);
  const lost = answers.filter(answer => answer !== won);
  assert.deepEqual(
    new Set(lost.map(answer => `${answer.status} ${answer.body.error}`)),
    new Set(['400 invalid_grant']),
  );
  return { won, lost };
}

async function assertDead(won: Answer): Promise<void> {
  const { access_token = '', refresh_token = '' } = won.body;
  await assert.rejects(client.fetchUserInfo(grafana.config, access_token, 'staff:alice'));
  assert.deepEqual(await ask({ grant_type: 'refresh_token', refresh_token }), {
    status: 400,
    body: { error: 'invalid_grant', error_description: 'grant request is invalid' },
  });
}

async function makeCode(): Promise<Record<string, string>> {
  const { url, checks } = await grafana.begin();
  const page = await signIn(openPerson(front), url);
  return {
    grant_type: 'authorization_code',
    code: page.url.searchParams.get('code') ?? '',
    redirect_uri: grafana.redirectUri,
    code_verifier: String(checks.pkceCodeVerifier),
  };
}

test('of 200 redemptions of one code exactly one wins, and a later replay kills the family', async () => {
  const body = await makeCode();
  const { won } = await askAtOnce(/\/AuthorizationCode\//, body);
  const userinfo = await client.fetchUserInfo(grafana.config, won.body.access_token ?? '', 'staff:alice');
  assert.equal(userinfo.sub, 'staff:alice', 'the losers must not revoke what the winner got');
  assert.equal((await ask(body)).body.error, 'invalid_grant');
  await assertDead(won);
});

test('of 200 uses of one refresh token exactly one wins, and a later replay kills the family', async () => {
  const { url, checks } = await grafana.begin();
  const first = await redeem(grafana, await signIn(openPerson(front), url), checks);
  const body = { grant_type: 'refresh_token', refresh_token: first.refresh_token ?? '' };
  const { won } = await askAtOnce(/\/RefreshToken\//, body);
  assert.equal(
    (await client.fetchUserInfo(grafana.config, won.body.access_token ?? '', 'staff:alice')).sub,
    'staff:alice',
  );
  assert.equal((await ask(body)).body.error, 'invalid_grant');
  await assertDead(won);
});

test('who looked before the family was killed and acts after it gets nothing', async () => {
  const body = await makeCode();
  const late = store.holdConsume();
  const loser = ask(body);
  await late.held;
  assert.equal((await ask(body)).status, 200);
  assert.equal((await ask(body)).status, 400, 'the replay that kills the family and removes the code');
  late.release();
  assert.deepEqual(await loser.then(answer => [answer.status, answer.body.error]), [400, 'invalid_grant']);
});
