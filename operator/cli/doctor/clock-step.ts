import { type Finding, failed, type Outcome, ok, skipped, step, warning } from './step.ts';

/** How far the clock of the server and this machine's are apart, by the Date of an answer (RFC 9110 section 6.6.1). */
export const clockStep = step({
  title: 'Clock',
  exit: 18,
  needs: ['discovery'],
  run: (_patient, { discovery: { answer, sent, received } }): Promise<Outcome> =>
    Promise.resolve({ findings: [judgeClock(Date.parse(answer.headers.date ?? ''), sent, received)] }),
});

/** Applications allow a few seconds, hardly any more than minutes. */
const NOTICEABLE_S = 5;
const HARMFUL_S = 60;

/** @param date of the server, cut to its second; times in milliseconds since the epoch. */
function judgeClock(date: number, sent: number, received: number): Finding {
  if (Number.isNaN(date)) return skipped('The answer has no Date.');
  const early = Math.max(0, sent - (date + 999));
  const late = Math.max(0, date - received);
  const seconds = Math.round(Math.max(early, late) / 1000);
  if (seconds < NOTICEABLE_S) return ok('The server and this machine agree on the time.');
  const long = seconds < 120 ? `${seconds} seconds` : `${Math.round(seconds / 60)} minutes`;
  const message = `The server is ${long} ${early > 0 ? 'behind' : 'ahead of'} this machine.`;
  const fix = 'Tokens and assertions look expired or not yet valid: run NTP on the nodes, and here.';
  return (seconds < HARMFUL_S ? warning : failed)(message, fix);
}
