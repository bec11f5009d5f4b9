import { suitesOf } from '../pure/cipher-suites.ts';
import { writeClientHello } from '../pure/tls/client-hello.ts';
import { OLDER_SUITES, suiteName } from '../pure/tls/suite-names.ts';
import { TLS_VERSIONS, versionName } from '../pure/tls/versions.ts';
import type { Classified } from './failures.ts';
import type { HelloAnswer } from './say-hello.ts';

/**
 * One more look where the error has several causes: a raw hello that offers everything up to TLS 1.2, whose answer turns
 * the guess into a fact. No data ever follows it, and the call itself is never repeated with less than TLS 1.2.
 */

const OFFERED = new Set(suitesOf('BestPractices', '1.2').map(({ code }) => code));
/** Those of the call come first: a server that takes one of them has another reason. */
const SUITES = [...OFFERED, ...OLDER_SUITES.filter(code => !OFFERED.has(code))];

export function diagnosticHello(name: string | undefined, entropy: Uint8Array): Buffer {
  return writeClientHello({ version: TLS_VERSIONS['TLS 1.2'], suites: SUITES, name, entropy });
}

/** What the answer makes of the first guess; without a better one the guess stands. */
export function conclude(guess: Classified, answer: HelloAnswer): Classified {
  if (answer.kind === 'http') return { code: 'PlainHttp' };
  if (answer.kind !== 'hello') return settle(guess);
  if (answer.version < TLS_VERSIONS['TLS 1.2']) return { code: 'TooOld', detail: versionName(answer.version) };
  if (guess.code === 'NoCommonSuite') return explain(answer.suite);
  return guess.code === 'TooOld' ? { code: 'HandshakeFailed', detail: 'protocol_version' } : settle(guess);
}

/** It can do TLS 1.2 and yet turned us away. Under TLS 1.2 a missing client certificate gets the same alert. */
function explain(suite: number): Classified {
  if (!OFFERED.has(suite)) return { code: 'NoCommonSuite', detail: suiteName(suite) };
  return {
    code: 'HandshakeFailed',
    detail: `handshake_failure, yet ${suiteName(suite)} is shared: it may want a client certificate`,
  };
}

const GUESSES: Partial<Record<Classified['code'], string>> = { TooOld: 'versions of TLS older than 1.2' };

function settle({ code, detail }: Classified): Classified {
  return { code, detail: GUESSES[code] ?? (code === 'NoCommonSuite' ? '' : detail) ?? '' };
}
