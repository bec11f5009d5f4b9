import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { after, before, describe, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { clientOf, type Endpoint, startEndpoint } from './endpoint.ts';

describe('a call to an endpoint that is not ours', () => {
  let endpoint: Endpoint;
  before(async () => {
    endpoint = await startEndpoint();
  });
  after(() => endpoint[Symbol.asyncDispose]());

  test('the answer comes with status, headers and body, and the body of the request arrives', async () => {
    const { status, body, headers, url } = await clientOf(endpoint).fetch(endpoint.at('/hello'));
    assert.deepEqual([status, body.toString(), url.href], [200, 'hello', endpoint.at('/hello')]);
    assert.equal(typeof headers.date, 'string');
    const echoed = await clientOf(endpoint).fetch(endpoint.at('/echo'), { method: 'POST', body: 'a=1' });
    assert.equal(echoed.body.toString(), 'a=1');
  });

  test('a status that is no success is a failure, unless the caller wants it', async () => {
    await assert.rejects(clientOf(endpoint).fetch(endpoint.at('/missing')), { code: 'Status', status: 404 });
    const { status } = await clientOf(endpoint).fetch(endpoint.at('/missing'), { accepts: code => code === 404 });
    assert.equal(status, 404);
  });

  test('a body that is too large, drips, stalls or breaks off ends the call', async () => {
    const limits = { totalMs: 400, bodyBytes: 200_000 };
    const fetch = (path: string) => clientOf(endpoint, { limits }).fetch(endpoint.at(path));
    await assert.rejects(fetch('/large'), { code: 'TooLarge', message: /more than 200000 bytes/ });
    const began = Date.now();
    await assert.rejects(fetch('/drip'), { code: 'Timeout', message: /did not finish its answer in time/ });
    await assert.rejects(fetch('/stall'), { code: 'Timeout', message: /did not answer in time/ });
    assert.ok(Date.now() - began < 2_000);
    await assert.rejects(fetch('/broken'), { code: 'Reset' });
    await assert.rejects(fetch('/nonsense'), { code: 'BadAnswer', message: /HPE_INVALID/ });
  });

  test('the caller can give up, and hears its own reason', async () => {
    const reason = new Error('no longer needed');
    const giveUp = new AbortController();
    setTimeout(() => giveUp.abort(reason), 50);
    await assert.rejects(clientOf(endpoint).fetch(endpoint.at('/stall'), { signal: giveUp.signal }), reason);
  });

  test('only https without a name and password in it is called, and neither is repeated', async () => {
    for (const url of [
      'http://idp.example/',
      'ftp://idp.example/',
      'https://',
      'not a url',
      'https://joe:hunter2@idp.example/',
    ])
      await assert.rejects(clientOf(endpoint).fetch(url), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'BadAddress');
        assert.doesNotMatch(error.message, /hunter2/);
        return true;
      });
  });

  test('a client certificate is shown to the server', async () => {
    const identity = await endpoint.ca.issue(['connector.example']);
    const options = { requestCert: true, rejectUnauthorized: false };
    const tell = (req: IncomingMessage, res: ServerResponse): void => {
      const { subject } = (req.socket as TLSSocket).getPeerCertificate();
      res.end(String(subject?.CN));
    };
    await using asking = await endpoint.serve({ '/': tell }, options);
    const url = `https://idp.example:${asking.port}/`;
    assert.equal((await clientOf(endpoint, { identity }).fetch(url)).body.toString(), 'connector.example');
    assert.equal((await clientOf(endpoint).fetch(url)).body.toString(), 'undefined');
  });
});
