import { createPrivateKey, sign } from 'node:crypto';
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
import { type BenchCase, type BenchOptions, type Figure, ofRounds } from './bench-case.ts';
import { byTurns } from './measure.ts';

/**
 * Bar B3: verified request + session -> signed response. It runs in the process of the bench, since that is all it
 * does; the processor time of this process is what counts.
 */
export const saml: BenchCase = {
  title: 'SAML: a verified request to a signed response',
  method:
    'RSA-2048, redirects and HTTP apart: the signed AuthnRequest (POST binding) is verified and stored, taken back with ' +
    'its cookie, and answered with a signed Response in its form. samlify does less: it neither checks the address, the ' +
    'time or a replay, nor binds a browser, and its schema check is switched off.',
  run: samlFigures,
};

/** Operations for each second of processor time of this process. */
async function rate(seconds: number, run: () => Promise<void> | void): Promise<number> {
  const started = performance.now();
  const cpu = process.cpuUsage();
  let turns = 0;
  for (; performance.now() - started < seconds * 1000; turns++) await run();
  const { user, system } = process.cpuUsage(cpu);
  return turns / ((user + system) / 1e6);
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

let made = 0;

/** Each request once: ours remembers them. */
function requests(howMany: number): string[] {
  return Array.from({ length: howMany }, () => postForm(signed(authnRequest({ id: `_r${made++}` }))));
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

const SIGNING = {
  one: { assertion: false, response: true, algorithm: 'rsa-sha256' },
  two: { assertion: true, response: true, algorithm: 'rsa-sha256' },
} as const satisfies Record<string, SamlClientDocument['sign']>;

async function samlFigures({ rounds, seconds }: BenchOptions): Promise<Figure[]> {
  const key = createPrivateKey(idpKey().keyPem);
  const bytes = Buffer.alloc(512, 7);
  const one = ours({ sign: SIGNING.one });
  const two = ours({ sign: SIGNING.two });
  const peer = theirs();
  const same = requests(1)[0] ?? '';
  /** Made before the clock runs; more than a turn can use up. */
  const fresh = (run: (form: string) => Promise<void>, length: number) => {
    const forms = requests(Math.ceil(length * 3000));
    return rate(length, () => run(forms.pop() ?? ''));
  };
  const turns = (length: number) => ({
    rsa: () => rate(length / 4, () => void sign('sha256', bytes, key)),
    one: () => fresh(one, length),
    two: () => fresh(two, length),
    samlify: () => rate(length, () => peer(same)),
  });
  await byTurns(1, turns(0.5));
  const rates = await byTurns(rounds, turns(seconds));
  return figures(rates);
}

function figures({ rsa, one, two, samlify }: Record<'rsa' | 'one' | 'two' | 'samlify', number[]>): Figure[] {
  const unit = '/s per core';
  const signature = ofRounds(rsa);
  const [least, most] = signature.spread;
  const bar = { id: 'B3', least: 1500 };
  const half = { value: signature.value / 2, spread: [least / 2, most / 2] } as const;
  return [
    {
      name: 'SAML response, the response signed',
      ...ofRounds(one),
      unit,
      bar,
      baseline: { name: 'one RSA-2048 signature alone', ...signature },
      method: 'one signature; the baseline is all that RSA leaves room for',
    },
    {
      name: 'SAML response, assertion and response signed',
      ...ofRounds(two),
      unit,
      bar,
      baseline: { name: 'two RSA-2048 signatures alone', ...half },
      method: 'two signatures, the default',
    },
    {
      name: 'SAML response, both signed, beside samlify',
      ...ofRounds(two),
      unit,
      baseline: { name: 'samlify 2.13.1', ...ofRounds(samlify) },
      method: 'the figure above beside the library',
    },
  ];
}
