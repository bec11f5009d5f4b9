import { gatherCaa, judgeCaa } from '#operator/domains/caa.ts';
import { isLoopbackName } from './dns-step.ts';
import { failed, type Outcome, ok, skipped, step, warning } from './step.ts';

/** Whether a certificate authority may issue for the host; asked of the last resolver, which stands for the public. */
export const caaStep = step({
  title: 'CAA',
  exit: 11,
  needs: [],
  async run({ host, issuer, resolvers }): Promise<Outcome> {
    const dns = resolvers.at(-1);
    if (isLoopbackName(host) || dns === undefined)
      return { findings: [skipped('No public authority issues for localhost.')] };
    const { reason, message, records } = judgeCaa(await gatherCaa(dns, host), { host, issuer });
    if (reason === 'Allowed') return { findings: [ok(message)] };
    if (reason === 'Unanswered') return { findings: [warning(message)] };
    const fix = records.length === 0 ? ['Remove that record.'] : ['Add beside what is there:', ...records];
    // Without a name nobody knows whether a public authority is meant to issue at all.
    return { findings: [issuer === undefined ? warning(message, ...fix) : failed(message, ...fix)] };
  },
});
