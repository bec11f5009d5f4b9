import type { DnsQuestions } from '#operator/domains/dns-questions.ts';
import { addressesOf, failureOf, gatherHost, type HostFacts } from '#operator/domains/host-facts.ts';
import { failureSentence, judgeTarget, type TargetVerdict } from '#operator/domains/host-target.ts';
import { type Finding, failed, type Outcome, ok, type Patient, skipped, step, warning } from './step.ts';

/** Where the host leads: for programs on this machine, and by each set of DNS servers. */
export const dnsStep = step({
  title: 'DNS',
  exit: 10,
  needs: [],
  async run(patient): Promise<Outcome> {
    const { host, resolvers, target } = patient;
    const here = await lookUp(patient, host);
    if (isLoopbackName(host))
      return {
        findings: [ok(`${host} is this machine (RFC 6761); no DNS server is asked.`)],
        learned: { addresses: here },
      };
    const views = await Promise.all(resolvers.map(dns => look(dns, host, target)));
    const addresses = await dialled(patient, here, views);
    const findings = [...judgeHere(host, here), ...views.map(judgeView), ...splitHorizon(views)];
    const detour = here.length === 0 && addresses.length > 0;
    return {
      findings: detour ? [...findings, skipped(`The steps below go to ${addresses.join(', ')}.`)] : findings,
      ...(addresses.length === 0 ? {} : { learned: { addresses } }),
    };
  },
});

export function isLoopbackName(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost');
}

/** Empty where it has none; why, the DNS servers tell better. */
async function lookUp({ lookup }: Patient, host: string): Promise<string[]> {
  try {
    return await lookup(host);
  } catch {
    return [];
  }
}

interface View {
  label: string;
  facts: HostFacts;
  target: HostFacts | undefined;
}

async function look(dns: DnsQuestions, host: string, target: string | undefined): Promise<View> {
  const facts = await gatherHost(dns, host);
  return { label: dns.label, facts, target: target === undefined ? undefined : await gatherHost(dns, target) };
}

function judgeHere(host: string, here: string[]): Finding[] {
  return here.length === 0
    ? [failed(`This machine finds no address for ${host}.`)]
    : [ok(`Programs on this machine go to ${here.join(', ')}.`)];
}

function judgeView({ label, facts, target }: View): Finding {
  if (target === undefined) return describeView(label, facts);
  const { reason, message, records } = judgeTarget(facts, target);
  const told = `${label}: ${message}`;
  return LEVELS[reason](told, ...fixOf(reason, records));
}

const LEVELS: Record<TargetVerdict['reason'], (message: string, ...fix: string[]) => Finding> = {
  Leads: message => ok(message),
  NotFound: failed,
  WrongTarget: failed,
  StaleAaaa: failed,
  Loop: failed,
  TargetHasNoAddress: failed,
  Unanswered: warning,
};

function fixOf(reason: TargetVerdict['reason'], records: string[]): string[] {
  if (reason === 'StaleAaaa') return ['Remove that AAAA record, or replace the records by:', ...records];
  if (records.length > 0) return ['Create in the DNS, in place of what is there:', ...records];
  return reason === 'Unanswered' ? ['Ask again, or name another resolver with --resolver.'] : [];
}

function describeView(label: string, facts: HostFacts): Finding {
  const failure = failureOf(facts);
  if (facts.isLoop) return failed(`${label}: a circle of CNAMEs: ${[facts.host, ...facts.chain].join(' -> ')}.`);
  if (failure !== undefined) return warning(`${label}: ${failureSentence(failure)}`);
  const addresses = addressesOf(facts);
  const path = [facts.host, ...facts.chain].join(' -> ');
  if (addresses.length > 0) return ok(`${label}: ${path} leads to ${addresses.join(', ')}.`);
  return failed(`${label}: ${path} has no address.`, 'With --target NAME the record to create is shown.');
}

/** Answers that differ are often meant, and as often the reason why it works for some people only. */
function splitHorizon(views: readonly View[]): Finding[] {
  const answered = views.filter(({ facts }) => failureOf(facts) === undefined);
  const [first, ...others] = answered.map(({ label, facts }) => ({
    label,
    found: addressesOf(facts).sort().join(', '),
  }));
  const other = others.find(({ found }) => found !== first?.found);
  if (first === undefined || other === undefined) return [];
  const say = (found: string): string => (found === '' ? 'nothing' : found);
  return [
    warning(
      `Split horizon: ${first.label} says ${say(first.found)}, ${other.label} says ${say(other.found)}.`,
      'If that is not meant, publish the same records inside and outside.',
    ),
  ];
}

/** What this machine would dial; without that the published target, or what a named resolver said. */
async function dialled(patient: Patient, here: string[], views: readonly View[]): Promise<string[]> {
  if (here.length > 0) return here;
  const published = views.flatMap(({ target }) => (target === undefined ? [] : addressesOf(target)));
  const found = views.flatMap(({ facts }) => addressesOf(facts));
  const system = patient.target === undefined ? [] : await lookUp(patient, patient.target);
  return [...new Set([...published, ...system, ...found])];
}
