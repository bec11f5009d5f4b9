import { request } from 'node:https';
import type { ApiServer } from './api-server.ts';

export interface Answer {
  /** HTTP status. */
  code: number;
  /** Of a refusal. */
  message: string;
  body: { metadata?: { resourceVersion?: string; uid?: string }; details?: { causes?: { field?: string }[] } };
}

export interface Asked {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  body?: unknown;
  contentType?: string;
}

/** One bare request as `admin`, for what our own client would never send. */
export function ask(api: ApiServer, { method, path, body, contentType }: Asked): Promise<Answer> {
  const headers = { authorization: `Bearer ${api.token('admin')}`, 'content-type': contentType ?? 'application/json' };
  return new Promise((resolve, reject) => {
    const asked = request(`${api.url}${path}`, { method, headers, ca: api.ca }, answer => {
      const chunks: Buffer[] = [];
      answer.on('data', chunk => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        const parsed = JSON.parse(Buffer.concat(chunks).toString()) as Answer['body'] & { message?: string };
        resolve({ code: answer.statusCode ?? 0, message: parsed.message ?? '', body: parsed });
      });
    });
    asked.on('error', reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
