import { createHash, randomBytes } from 'node:crypto';
import { Agent, type RequestOptions, request } from 'node:https';
import { text } from 'node:stream/consumers';
import { ENDPOINTS } from '#crds/schema/endpoints.ts';
import { createPerson, type Page, type Person } from './person.ts';
import { PASSWORD, type Replicas, SECRET } from './replicas.ts';

/** Alice and her application, against whichever replica a test says. */

export interface Visitor {
  person: Person;
  /** The address that begins a sign-in. */
  begin(parameters?: Record<string, string>): URL;
  /** Where the browser ends: the application with a code, or a page of ours. */
  open(replica: number, url: URL): Promise<Page>;
  submit(replica: number, page: Page, fields?: Record<string, string>): Promise<Page>;
  /** Signs in from nothing, everything at one replica. */
  signIn(replica: number): Promise<Page>;
  token(replica: number, body: Record<string, string>): Promise<Answer>;
  userinfo(replica: number, accessToken: string): Promise<Answer>;
  /** What the token endpoint wants for the code of this page. */
  redemption(page: Page): Record<string, string>;
}

export interface Answer {
  status: number;
  retryAfter: string | undefined;
  body: { error?: string; access_token?: string; refresh_token?: string; sub?: string };
}

export function createVisitor(replicas: Replicas, tenant = 'acme'): Visitor {
  const verifier = randomBytes(32).toString('base64url');
  const redirectUri = `https://${tenant}.example/cb`;
  const cookies = new Map<string, string>();
  const people = replicas.all.map(({ port }) =>
    createPerson({ ca: replicas.ca, port, stopAt: [`https://${tenant}.example/`], cookies }),
  );
  const at = (replica: number): Person => people[replica % people.length] ?? fail();
  const agents = replicas.all.map(() => new Agent({ keepAlive: true, ca: replicas.ca }));
  const call = (
    replica: number,
    wish: { method: string; path: string; headers: Record<string, string>; body?: string },
  ) => {
    const { port } = replicas.all[replica % replicas.all.length] ?? fail();
    const { host, hostname } = new URL(replicas.issuer(tenant));
    const { body, ...rest } = wish;
    const agent = agents[replica % agents.length];
    const options = { ...rest, host: '127.0.0.1', port, servername: hostname, headers: { ...wish.headers, host } };
    return callJson({ ...options, ...(agent && { agent }) }, body);
  };
  const visitor: Visitor = {
    person: at(0),
    begin: (parameters = {}) => {
      const url = new URL(replicas.issuer(tenant) + ENDPOINTS.authorization);
      url.search = new URLSearchParams({
        client_id: `apps.${tenant}`,
        redirect_uri: redirectUri,
        response_type: 'code',
        scope: 'openid profile',
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        code_challenge_method: 'S256',
        ...parameters,
      }).toString();
      return url;
    },
    open: (replica, url) => at(replica).open(url),
    submit: (replica, page, fields) => at(replica).submit(page, fields),
    signIn: async replica =>
      visitor.submit(replica, await visitor.open(replica, visitor.begin()), { username: 'alice', password: PASSWORD }),
    token: (replica, body) =>
      call(replica, {
        method: 'POST',
        path: ENDPOINTS.token,
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          authorization: `Basic ${Buffer.from(`apps.${tenant}:${SECRET}`).toString('base64')}`,
        },
        body: new URLSearchParams(body).toString(),
      }),
    userinfo: (replica, accessToken) =>
      call(replica, {
        method: 'GET',
        path: ENDPOINTS.userinfo,
        headers: { authorization: `Bearer ${accessToken}` },
      }),
    redemption: page => ({
      grant_type: 'authorization_code',
      code: page.url.searchParams.get('code') ?? '',
      redirect_uri: redirectUri,
      code_verifier: verifier,
    }),
  };
  return visitor;
}

function fail(): never {
  throw new Error('no replica');
}

function callJson(options: RequestOptions, body: string | undefined): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(options, answer => {
      const retryAfter = answer.headers['retry-after'];
      text(answer).then(
        json => resolve({ status: answer.statusCode ?? 0, retryAfter, body: JSON.parse(json) as Answer['body'] }),
        reject,
      );
    });
    outgoing.on('error', reject).end(body);
  });
}
