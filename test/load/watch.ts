import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { createPerson } from '../support/person.ts';
import { createTally } from './tally.ts';
import { createTransport } from './transport.ts';

/**
 * `node test/load/watch.ts REDIRECT_URI`: asks the authorization endpoint until it takes this address, by whichever replica,
 * many times in a row; prints when the first of those answers came. Settings are those of main.ts.
 */

const [redirectUri = ''] = process.argv.slice(2);
const {
  LOAD_HOST: host = '',
  LOAD_PORT: port = '443',
  LOAD_CA_FILE: caFile = '',
  LOAD_ISSUER: issuer = '',
} = process.env;
const route = { host, port: Number(port), ca: await readFile(caFile, 'utf8') };
const url = new URL(`${issuer}/auth`);
url.search = new URLSearchParams({
  client_id: process.env['OIDC_CLIENT_ID'] ?? '',
  response_type: 'code',
  scope: 'openid',
  redirect_uri: redirectUri,
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  code_challenge_method: 'S256',
}).toString();
const IN_A_ROW = 15;
const END = Date.now() + 90_000;

async function isAccepted(): Promise<boolean> {
  const { send, end } = createTransport(route, createTally());
  try {
    return (await createPerson({ ca: route.ca, send }).open(url)).body.includes('name="password"');
  } catch {
    return false;
  } finally {
    end();
  }
}

let since: number | undefined;
for (let row = 0; row < IN_A_ROW; ) {
  if (Date.now() > END) throw new Error(`${redirectUri} was not accepted in time`);
  const accepted = await isAccepted();
  row = accepted ? row + 1 : 0;
  since = accepted ? (since ?? Date.now()) : undefined;
  await delay(20);
}
process.stdout.write(`${new Date(since ?? 0).toISOString()}\n`);
