import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer } from './answer.ts';
import { autoPostPage, autoPostPolicy, stepPage, stepPolicy } from './auto-post.ts';
import { LIMITS } from './bindings/binding.ts';
import { SamlError } from './errors.ts';

/** The rim of the room: bytes of a request in, an answer out. */

export function queryOf(req: IncomingMessage): string {
  const url = req.url ?? '';
  const at = url.indexOf('?');
  return at < 0 ? '' : url.slice(at + 1);
}

export function pathOf(req: IncomingMessage): string {
  return (req.url ?? '').split('?', 1)[0] ?? '';
}

export function cookiesOf(req: IncomingMessage): Map<string, string> {
  const pairs = (req.headers.cookie ?? '').split(/; */).map(pair => {
    const at = pair.indexOf('=');
    return [pair.slice(0, Math.max(0, at)), pair.slice(at + 1)] as const;
  });
  return new Map(pairs);
}

/** The body of a form. Not a byte more than the limit is kept, whatever its length claims. Throws SamlError. */
export async function formOf(req: IncomingMessage): Promise<string> {
  const type = (req.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') throw new SamlError('MessageUnreadable', 'A form was expected.');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LIMITS.form) throw new SamlError('MessageTooLarge', 'The message is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('latin1');
}

export interface Look {
  /** Name of the tenant. */
  displayName: string;
  /** A whole page. */
  signedOut(): string;
}

export function sendAnswer(res: ServerResponse, answer: Answer, look: Look): void {
  res.setHeader('cache-control', 'no-store');
  for (const cookie of answer.cookies) res.appendHeader('set-cookie', cookie);
  SENDERS[answer.kind](res, answer as never, look);
}

type Sender<K extends Answer['kind']> = (res: ServerResponse, answer: Extract<Answer, { kind: K }>, look: Look) => void;

const SENDERS: { [K in Answer['kind']]: Sender<K> } = {
  redirect: (res, { location }) => {
    res.writeHead(303, { location }).end();
  },
  step: (res, { location }, { displayName }) => {
    res.setHeader('content-security-policy', stepPolicy());
    sendText(res, 'text/html; charset=utf-8', stepPage({ location, displayName }));
  },
  form: (res, { action, fields }, { displayName }) => {
    res.setHeader('content-security-policy', autoPostPolicy(action));
    // The application sees where the form came from, and no path; without it some refuse `Origin: null`.
    res.setHeader('referrer-policy', 'strict-origin');
    sendText(res, 'text/html; charset=utf-8', autoPostPage({ action, fields, displayName }));
  },
  'signed-out': (res, _answer, look) => sendText(res, 'text/html; charset=utf-8', look.signedOut()),
};

export function sendText(res: ServerResponse, type: string, text: string): void {
  res.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(text) }).end(text);
}
