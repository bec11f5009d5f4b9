import { WireError, type WireErrorCode } from './cluster.ts';

/** Turns what an API server or the network says into a WireError. */

const BY_STATUS: Record<number, WireErrorCode> = {
  400: 'Invalid',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'Invalid',
  409: 'Conflict',
  410: 'Expired',
  413: 'Invalid',
  415: 'Invalid',
  422: 'Invalid',
  429: 'Throttled',
};

/** metav1.Status, as far as it is read. */
export interface ApiStatus {
  code?: number;
  reason?: string;
  message?: string;
  details?: { retryAfterSeconds?: number; causes?: { field?: string }[] };
}

interface Failure {
  status: number;
  body: ApiStatus;
  /** Header; seconds. */
  retryAfter?: string | undefined;
  /** `POST /api/v1/...`, without query. */
  what: string;
  /** The body of the request was secret, and the API server may quote it. */
  isSecret: boolean;
}

export function toWireError({ status, body, retryAfter, what, isSecret }: Failure): WireError {
  const code = body.reason === 'AlreadyExists' ? 'AlreadyExists' : (BY_STATUS[status] ?? 'ServerError');
  const seconds = Number(retryAfter ?? body.details?.retryAfterSeconds);
  const said = isSecret ? fieldsOnly(body) : (body.message ?? '');
  const message = `${what}: ${status} ${body.reason ?? ''} ${said.slice(0, 2000)}`.trim();
  return new WireError(code, message, Number.isFinite(seconds) ? { retryAfter: seconds } : {});
}

function fieldsOnly({ details }: ApiStatus): string {
  const fields = (details?.causes ?? []).flatMap(({ field }) => (field === undefined ? [] : [field]));
  return fields.length === 0 ? '' : `in ${fields.join(', ')}`;
}

export function unreachable(what: string, cause: unknown): WireError {
  if (cause instanceof WireError) return cause;
  const why = cause instanceof Error ? cause.message : 'no answer';
  return new WireError('Unreachable', `${what}: ${why}`, { cause });
}

/** An answer that is no JSON comes from something between us and the API server. */
export function parseStatus(text: string): ApiStatus {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return { message: text.slice(0, 200) };
  }
}
