import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type ServerOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { opensslList } from '#crds/shared/pure/cipher-suites.ts';
import { doctor } from '#operator/cli/doctor.ts';
import { makeCa, type TestCa } from '#test/support/certificate.ts';
import { type Listening, listening } from '#test/support/listening.ts';

/** A small identity provider that does whatever a test wants wrong, and `sso doctor` called as a function. */

export interface Examined {
  title: string;
  findings: { level: string; message: string; fix?: string[] }[];
}

export interface Diagnosis {
  exit: number;
  steps: Examined[];
  /** Everything that is not ok or skipped, as `Step: message`. */
  complaints: string[];
}

export async function diagnose(host: string, options: Record<string, string>): Promise<Diagnosis> {
  let printed = '';
  const out = (line: string): void => void (printed += line);
  const streams = { out, err: out, input: () => Promise.resolve(''), isTerminal: false };
  const { signal } = new AbortController();
  await doctor({ positionals: [host], options: { ...options, output: 'json' }, streams, signal });
  const report = JSON.parse(printed) as { exit: number; steps: Examined[] };
  const complaints = report.steps.flatMap(({ title, findings }) =>
    findings
      .filter(({ level }) => level === 'failed' || level === 'warning')
      .map(({ message }) => `${title}: ${message}`),
  );
  return { ...report, complaints };
}

export type Pages = Record<string, (req: IncomingMessage, res: ServerResponse) => unknown>;

export const json =
  (value: unknown, headers: Record<string, string> = {}) =>
  (_req: IncomingMessage, res: ServerResponse): unknown =>
    res.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));

export interface Clinic extends AsyncDisposable {
  ca: TestCa;
  /** File with its certificate. */
  caFile: string;
  /** A server that is sound but for the pages and settings given; `origin` is what it believes to be. */
  serve(host: string, make?: (origin: string) => Pages, tls?: ServerOptions): Promise<Listening>;
}

export async function openClinic(): Promise<Clinic> {
  const folder = await mkdtemp(join(tmpdir(), 'sso-doctor-'));
  const ca = await makeCa();
  const caFile = join(folder, 'ca.crt');
  await writeFile(caFile, ca.ca);
  return {
    ca,
    caFile,
    async serve(host, make = () => ({}), tls = {}) {
      let pages: Pages = {};
      const options: ServerOptions = {
        ...(await ca.issue([host])),
        minVersion: 'TLSv1.2',
        ciphers: opensslList('Strict'),
        honorCipherOrder: true,
        ...tls,
      };
      const handler = createServer(options, (req, res) => {
        const page = pages[req.url ?? ''];
        if (page === undefined) res.writeHead(404).end();
        else page(req, res);
      });
      const server = await listening(handler.on('tlsClientError', () => undefined));
      const origin = `https://${host}:${server.port}`;
      pages = { ...soundPages(origin), ...make(origin) };
      return server;
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

export function discoveryOf(origin: string): Record<string, string> {
  return {
    issuer: origin,
    jwks_uri: `${origin}/jwks`,
    authorization_endpoint: `${origin}/auth`,
    token_endpoint: `${origin}/token`,
  };
}

const KEY = { kty: 'EC', crv: 'P-256', alg: 'ES256', kid: 'one', x: 'AA', y: 'AA' };

function soundPages(origin: string): Pages {
  return {
    '/.well-known/openid-configuration': json(discoveryOf(origin), { 'strict-transport-security': 'max-age=31536000' }),
    '/jwks': json({ keys: [KEY] }),
  };
}
