import { createPrivateKey } from 'node:crypto';
import * as samlify from 'samlify';
import type { SamlClientDocument } from '#crds/schema/live-config.ts';
import { BINDING_URIS, NAME_ID_FORMATS } from '#crds/shared/pure/saml/names.ts';
import { BINDINGS } from '#idp/saml/bindings/index.ts';
import { resume } from '#idp/saml/continue.ts';
import { receive } from '#idp/saml/receive.ts';
import { scopeOf } from '#idp/saml/scope.ts';
import { openMemoryStore } from '#idp/storage/memory.ts';
import {
  ACS,
  ADA,
  FakeDoor,
  IDP,
  ISSUER,
  idpKey,
  makeSamlClient,
  makeSamlTenant,
  SLO,
  SP,
  spKey,
} from '#test/idp/saml/fixture.ts';
import { authnRequest, postForm, signed } from '#test/idp/saml/messages.ts';

/**
 * Bar B3: verified request + session -> signed response, RSA-2048, redirects and HTTP apart, one core (CPU seconds are
 * counted, of all threads). Beside it samlify in the same run, with the same keys, doing less: it neither checks the
 * address, the time or a replay, nor binds a browser, and its schema check is switched off.
 *
 *   node test/bench/saml.ts [seconds a line]
 */

const SECONDS = Number(process.argv[2] ?? 5);

async function measure(name: string, run: (turn: number) => Promise<void> | void): Promise<number> {
  for (let turn = 0; turn < 100; turn++) await run(-turn);
  const started = performance.now();
  const cpu = process.cpuUsage();
  let turns = 0;
  while (performance.now() - started < SECONDS * 1000) await run(++turns);
  const { user, system } = process.cpuUsage(cpu);
  const rate = turns / ((user + system) / 1e6);
  const wall = turns / ((performance.now() - started) / 1000);
  console.log(`${name.padEnd(64)} ${rate.toFixed(0).padStart(6)}/s per core (${wall.toFixed(0)}/s by the clock)`);
  return rate;
}

function ours(wish: Partial<SamlClientDocument>) {
  const client = makeSamlClient(wish);
  const door = new FakeDoor();
  door.session = { person: ADA, at: Math.floor(Date.now() / 1000) };
  let count = 0;
  const scope = scopeOf(makeSamlTenant(), {
    clients: { byEntityId: () => client },
    door,
    store: openMemoryStore({ now: Date.now }),
    admits: () => true,
    now: Date.now,
    newSecret: () => `secret${++count}`.padEnd(43, 'x'),
  });
  return async (form: string) => {
    const first = await receive(BINDINGS.POST.decode(form), scope);
    if (first.kind !== 'redirect') throw new Error('refused');
    const [name = '', value = ''] = (first.cookies[0] ?? '').split(';')[0]?.split('=') ?? [];
    const id = new URL(first.location).searchParams.get('state') ?? '';
    door.wishes.length = 0;
    const answer = await resume(
      { id, error: undefined, cookies: new Map([[name, value]]), exchange: {} as never },
      scope,
    );
    if (answer.kind !== 'form' || !answer.action.startsWith(ACS)) throw new Error('no answer');
  };
}

/** Each request once: ours remembers them. Made before the clock runs. */
function requests(howMany: number): string[] {
  return Array.from({ length: howMany }, (_, index) => postForm(signed(authnRequest({ id: `_r${index}` }))));
}

function theirs() {
  samlify.setSchemaValidator({ validate: () => Promise.resolve('skipped') });
  const idp = samlify.IdentityProvider({
    entityID: IDP,
    wantAuthnRequestsSigned: true,
    privateKey: idpKey().keyPem,
    signingCert: idpKey().certificatePem,
    requestSignatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    nameIDFormat: [NAME_ID_FORMATS.persistent],
    singleSignOnService: [{ Binding: BINDING_URIS.POST, Location: `${ISSUER}/saml/sso` }],
  });
  const sp = samlify.ServiceProvider({
    entityID: SP,
    authnRequestsSigned: true,
    wantAssertionsSigned: true,
    wantMessageSigned: true,
    signingCert: spKey().certificatePem,
    signatureConfig: {
      prefix: 'ds',
      location: { reference: '/*[local-name()="Response"]/*[local-name()="Issuer"]', action: 'after' },
    },
    assertionConsumerService: [{ Binding: BINDING_URIS.POST, Location: ACS }],
    singleLogoutService: [{ Binding: BINDING_URIS.POST, Location: SLO }],
  });
  return async (form: string) => {
    const SAMLRequest = new URLSearchParams(form).get('SAMLRequest');
    const info = await idp.parseLoginRequest(sp, 'post', { body: { SAMLRequest } });
    const { context } = await idp.createLoginResponse(sp, { ...info }, 'post', { email: ADA.email ?? '' });
    if (context === '') throw new Error('no answer');
  };
}

const key = createPrivateKey(idpKey().keyPem);
const { sign } = await import('node:crypto');
const bytes = Buffer.alloc(512, 7);
const rsa = await measure('one RSA-2048 signature alone (the ceiling of one)', () => void sign('sha256', bytes, key));

const SIGNING: Record<string, SamlClientDocument['sign']> = {
  'the response signed': { assertion: false, response: true, algorithm: 'rsa-sha256' },
  'assertion and response signed (default)': { assertion: true, response: true, algorithm: 'rsa-sha256' },
};

const made = requests(SECONDS * 3000);
const rates: number[] = [];
for (const [name, sign] of Object.entries(SIGNING)) {
  const run = ours({ sign });
  const again = ours({ sign });
  rates.push(
    await measure(`ours: signed AuthnRequest -> ${name}`, turn =>
      turn < 0 ? again(made.at(turn) ?? '') : run(made[turn % made.length] ?? ''),
    ),
  );
}
const samlifyRun = theirs();
const samlifyRate = await measure('samlify 2.13.1: the same, both signed', turn =>
  samlifyRun(made[Math.abs(turn) % made.length] ?? ''),
);

const [one = 0, two = 0] = rates;
console.log(
  `ours/samlify (both signed): ${(two / samlifyRate).toFixed(1)} times; of the ceiling: ${((100 * one) / rsa).toFixed(0)}% of one signature, ${((200 * two) / rsa).toFixed(0)}% of two`,
);
console.log(
  `bar B3, 1,500/s per core: ${one >= 1500 ? 'met' : 'missed'} with one signature, ${two >= 1500 ? 'met' : 'missed'} with two`,
);
process.exit(0);
