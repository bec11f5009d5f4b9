import assert from 'node:assert/strict';
import type { SamlClientDocument } from '#crds/schema/live-config.ts';
import type { SamlDoor, SignedIn, SignInWish } from '#idp/saml/needs.ts';
import type { Page, Person } from '#test/support/person.ts';
import { PASSWORD } from './fixture.ts';
import type { Front } from './front.ts';

/** A SAML application as the door sees one: the protocol around it is played by the front. */

export interface SamlApplication {
  client: SamlClientDocument;
  /** The address that the browser is sent to. */
  start(wish?: Partial<SignInWish>): Promise<URL>;
  /** Goes there, and signs in where somebody asks. */
  signIn(person: Person, wish?: Partial<SignInWish>, username?: string): Promise<Outcome>;
  /** What the application is told of this browser without a way through the door. */
  look(person: Person): Promise<Outcome>;
}

export interface Outcome {
  /** Parameters at the address that the browser came back to. */
  address: Record<string, string>;
  signedIn?: SignedIn;
}

export function openSamlApplication(front: Front, name = 'jira', tenant = 'acme'): SamlApplication {
  const state = () => front.registry.tenant(`uid-${tenant}`);
  // Whoever implements the interface that SAML states must fit it.
  const door: SamlDoor = front.oidc.saml;
  const client = state().samlClients.get(`https://${name}.example`);
  assert.ok(client);
  const relay = `${client.entityId} relay-${name}`;
  const start = async (wish: Partial<SignInWish> = {}) =>
    new URL(await door.start(state(), client, { forceAuthn: false, isPassive: false, contexts: [], relay, ...wish }));
  return {
    client,
    start,
    async signIn(person, wish, username = 'alice') {
      const page = await person.open(await start(wish));
      return outcomeOf(isAsking(page) ? await person.submit(page, { username, password: PASSWORD }) : page);
    },
    look: async person =>
      outcomeOf(await person.open(`${front.issuer(tenant)}/saml/continue?state=${encodeURIComponent(relay)}`)),
  };
}

export function isAsking(page: Page): boolean {
  return page.status === 200 && page.body.includes('name="prompt"');
}

export function outcomeOf(page: Page): Outcome {
  assert.equal(page.url.pathname, '/saml/continue', `${page.status} ${page.body}`);
  return JSON.parse(page.body) as Outcome;
}
