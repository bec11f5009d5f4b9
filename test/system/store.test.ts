import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PASSWORD, type Replicas, startReplicas } from '#test/support/replicas.ts';
import { startValkey, type Valkey } from '#test/support/valkey.ts';
import { NO_VALKEY } from '#test/support/valkey-binary.ts';
import { type Answer, createVisitor, type Visitor } from '#test/support/visitor.ts';

/** Two replicas over one Valkey: nobody notices which one they talk to, and nothing is used twice. */

const CALLERS = 500;

describe('two replicas, one Valkey', { skip: NO_VALKEY }, () => {
  let valkey: Valkey;
  let replicas: Replicas;
  before(async () => {
    valkey = await startValkey();
    replicas = await startReplicas({ store: `redis://127.0.0.1:${valkey.port}` });
  });
  after(async () => {
    await replicas[Symbol.asyncDispose]();
    await valkey[Symbol.asyncDispose]();
  });

  test('a sign-in that begins on one replica finishes on the other', async () => {
    const alice = createVisitor(replicas);
    const page = await alice.open(0, alice.begin());
    const callback = await alice.submit(1, page, { username: 'alice', password: PASSWORD });
    assert.ok(callback.url.searchParams.has('code'), callback.url.href);
    const tokens = await alice.token(0, alice.redemption(callback));
    assert.equal(tokens.status, 200);
    assert.equal((await alice.userinfo(1, tokens.body.access_token ?? '')).body.sub, 'staff:alice');
    const again = await alice.open(0, alice.begin({ prompt: 'none' }));
    assert.ok(again.url.searchParams.has('code'), 'the session is known to both');
  });

  /**
   * All at once, half of them at each replica. Who comes late enough to find the code used is a replay already, so that
   * the family may be dead by then; test/idp/oidc/single-use.test.ts has everybody look before anybody acts.
   */
  async function askAtOnce(alice: Visitor, body: Record<string, string>): Promise<Answer> {
    const started = performance.now();
    const answers = await Promise.all(Array.from({ length: CALLERS }, (_, n) => alice.token(n, body)));
    const [won, ...others] = answers.filter(({ status }) => status === 200);
    assert.ok(won, JSON.stringify(answers[0]));
    assert.deepEqual(others, []);
    const lost = new Set(answers.filter(answer => answer !== won).map(({ status, body }) => `${status} ${body.error}`));
    assert.deepEqual(lost, new Set(['400 invalid_grant']));
    console.log(`${CALLERS} of ${body['grant_type']}: one 200, ${Math.round(performance.now() - started)} ms`);
    return won;
  }

  async function assertDead(alice: Visitor, won: Answer): Promise<void> {
    assert.equal((await alice.userinfo(0, won.body.access_token ?? '')).status, 401);
    const refresh = { grant_type: 'refresh_token', refresh_token: won.body.refresh_token ?? '' };
    assert.equal((await alice.token(1, refresh)).body.error, 'invalid_grant');
  }

  test('of 500 redemptions of one code exactly one wins, and a later replay kills the family', async () => {
    const alice = createVisitor(replicas);
    const body = alice.redemption(await alice.signIn(0));
    const won = await askAtOnce(alice, body);
    assert.equal((await alice.token(1, body)).body.error, 'invalid_grant');
    await assertDead(alice, won);
  });

  test('of 500 uses of one refresh token exactly one wins, and a later replay kills the family', async () => {
    const alice = createVisitor(replicas);
    const first = await alice.token(0, alice.redemption(await alice.signIn(0)));
    const body = { grant_type: 'refresh_token', refresh_token: first.body.refresh_token ?? '' };
    const won = await askAtOnce(alice, body);
    assert.equal((await alice.token(0, body)).body.error, 'invalid_grant');
    await assertDead(alice, won);
  });
});
