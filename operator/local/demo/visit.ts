import type { IncomingMessage, ServerResponse } from 'node:http';
import { failurePage } from './frame.ts';
import type { SamlInbox } from './saml-inbox.ts';
import type { DemoSamlClient, ServiceProvider } from './saml-sign-in.ts';
import type { DemoSession, DemoSessions } from './sessions.ts';
import type { DemoClient, RelyingParty } from './sign-in.ts';

/** One request to the demo app, and the ways to answer it. */

export interface App {
  readonly origin: string;
  readonly sessions: DemoSessions;
  readonly party: RelyingParty;
  readonly provider: ServiceProvider;
  readonly inbox: SamlInbox;
}

export interface Visit {
  app: App;
  url: URL;
  req: IncomingMessage;
  res: ServerResponse;
  session: DemoSession | undefined;
  clients: readonly DemoClient[];
  samlClients: readonly DemoSamlClient[];
}

export type Route = (visit: Visit) => Promise<void> | void;

export function redirect(res: ServerResponse, location: string, cookie?: string): void {
  if (cookie !== undefined) res.setHeader('set-cookie', cookie);
  res.writeHead(303, { location }).end();
}

export function send(res: ServerResponse, status: number, page: string): void {
  res.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end(page);
}

export function sendUnknownApplication(res: ServerResponse): void {
  send(res, 404, failurePage('No such application', 'It is not, or no longer, one of the clients of this app.'));
}

export function sendNotBegunHere(res: ServerResponse): void {
  const detail = 'Or it is over already. Start again from the list.';
  send(res, 400, failurePage('This sign-in did not begin here', detail));
}

/** Characters. */
const LARGEST_FORM = 10_000;

export async function formOf(req: IncomingMessage, largest = LARGEST_FORM): Promise<URLSearchParams> {
  let text = '';
  for await (const chunk of req) {
    text += String(chunk);
    if (text.length > largest) throw new Error('the form is too large');
  }
  return new URLSearchParams(text);
}

/** What the tenant answered (RFC 6749 section 4.1.2.1), else what went wrong on the way. */
export function reasonOf(error: unknown): string {
  const { error_description: description, cause } = error as { error_description?: string; cause?: unknown };
  if (description !== undefined) return description;
  const first = error instanceof Error ? error.message : String(error);
  return cause instanceof Error ? `${first}: ${cause.message}` : first;
}
