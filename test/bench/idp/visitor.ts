import { ENDPOINTS } from '#crds/schema/endpoints.ts';
import { createPerson, type Page, type Person } from '#test/support/person.ts';
import { CLIENT, MACHINES, PASSWORD, TENANT, type TokenFormat } from './documents.ts';

/** A person in a browser and the application that they use, over connections that are kept. */

/** Of a PKCE pair (RFC 7636 appendix B): what is measured is the server. */
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
const basicOf = (id: string): string => `Basic ${Buffer.from(`${id}:${CLIENT.secret}`).toString('base64')}`;

interface Tokens {
  access_token: string;
  refresh_token: string;
  id_token: string;
}

export class Visitor {
  private readonly origin: string;
  private readonly username: string;
  private readonly browser: Person;
  private readonly application: Person;
  private tokens: Tokens | undefined;

  constructor(server: { port: number; ca: string }, username: string) {
    this.origin = `https://${TENANT.host}:${server.port}`;
    this.username = username;
    this.browser = createPerson({ ca: server.ca, stopAt: [CLIENT.callback] });
    this.application = createPerson({ ca: server.ca });
  }

  /** Up to the tokens; types a password where it is asked for one. */
  async signIn(): Promise<void> {
    await this.redeem(await this.enter());
  }

  /** The sign-in alone: to the code that the application is sent. */
  async enter(): Promise<string> {
    this.browser.cookies.clear();
    const page = await this.browser.open(this.authorization());
    if (page.status !== 200) return codeOf(page);
    return codeOf(await this.browser.submit(page, { username: this.username, password: PASSWORD }, 'password'));
  }

  /** Another code and its tokens, with the session that is there. */
  async flow(): Promise<void> {
    await this.redeem(codeOf(await this.browser.open(this.authorization())));
  }

  async refresh(): Promise<void> {
    const { refresh_token = '' } = this.tokens ?? {};
    this.tokens = await this.token({ grant_type: 'refresh_token', refresh_token });
  }

  /** A machine asks for its token; no person is in it. */
  async machine(format: TokenFormat): Promise<void> {
    const { access_token } = await this.token({ grant_type: 'client_credentials' }, MACHINES[format]);
    if (access_token.includes('.') !== (format === 'jwt')) throw new Error(`not ${format}: ${access_token}`);
  }

  async userinfo(): Promise<void> {
    const headers = { authorization: `Bearer ${this.tokens?.access_token}` };
    const page = expectOk(await this.application.open(`${this.origin}${ENDPOINTS.userinfo}`, { headers }));
    if (!page.body.includes('"sub"')) throw new Error(`no person: ${page.body}`);
  }

  async discovery(): Promise<void> {
    expectOk(await this.application.open(`${this.origin}${ENDPOINTS.discovery}`));
  }

  private async redeem(code: string): Promise<void> {
    const grant = { grant_type: 'authorization_code', code, redirect_uri: CLIENT.callback, code_verifier: VERIFIER };
    this.tokens = await this.token(grant);
  }

  private async token(body: Record<string, string>, client: string = CLIENT.id): Promise<Tokens> {
    const headers = { authorization: basicOf(client), 'content-type': 'application/x-www-form-urlencoded' };
    const wish = { method: 'POST', headers, body: new URLSearchParams(body).toString() };
    const tokens = JSON.parse(expectOk(await this.application.open(`${this.origin}${ENDPOINTS.token}`, wish)).body);
    return tokens as Tokens;
  }

  private authorization(): URL {
    const url = new URL(this.origin + ENDPOINTS.authorization);
    url.search = new URLSearchParams({
      client_id: CLIENT.id,
      response_type: 'code',
      scope: 'openid profile email groups',
      redirect_uri: CLIENT.callback,
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256',
      login_hint: this.username,
    }).toString();
    return url;
  }
}

function expectOk(page: Page): Page {
  if (page.status !== 200) throw new Error(`${page.url.pathname}: ${page.status} ${page.body.slice(0, 300)}`);
  return page;
}

function codeOf(page: Page): string {
  const code = page.url.searchParams.get('code');
  if (code === null) throw new Error(`no code: ${page.status} ${page.url.href} ${page.body.slice(0, 300)}`);
  return code;
}
