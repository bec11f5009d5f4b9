import { suiteName } from '#crds/shared/pure/tls/suite-names.ts';
import { type Deviation, judgeHandshakes } from '#operator/domains/handshake-policy.ts';
import { type HandshakeFacts, probeHandshakes } from '#operator/domains/handshake-probe.ts';
import { type Finding, failed, type Outcome, ok, step, warning } from './step.ts';

/** What is spoken there, by real handshakes, against a profile. */
export const tlsStep = step({
  title: 'TLS',
  exit: 14,
  needs: ['address', 'key'],
  async run({ host, port, profile, say, entropy }, { address, key }): Promise<Outcome> {
    const facts = await probeHandshakes({ say: hello => say({ address, port }, hello), entropy }, host);
    // Which versions a tenant asks for is not known here: TLS 1.3 alone is more than enough.
    const minVersion = facts.spoken.includes('TLS 1.2') || !facts.spoken.includes('TLS 1.3') ? '1.2' : '1.3';
    const deviations = judgeHandshakes(facts, { profile, minVersion, key });
    const findings = deviations.map(deviation => toFinding(deviation));
    const isExact = deviations.length === 0;
    return {
      findings: [describe(facts), ...(isExact ? [ok(`Exactly profile ${profile}.`)] : findings), ...strangers(facts)],
    };
  },
});

function describe({ spoken, suites }: HandshakeFacts): Finding {
  const count = suites['1.2'].picked.length + suites['1.3'].picked.length;
  const first = suites['1.3'].picked[0] ?? suites['1.2'].picked[0];
  const favourite = first === undefined ? '' : `, ${suiteName(first)} first`;
  return spoken.length === 0
    ? failed('It speaks no version of TLS.')
    : ok(`Speaks ${spoken.join(', ')}: ${count} suites${favourite}.`);
}

const FIXES: Record<Deviation['code'], string> = {
  OldProtocol: 'Set the oldest version of the proxy to TLS 1.2, or end TLS in the IdP (exposure.pod).',
  VersionMissing: 'Enable it at the proxy.',
  SuiteExtra: 'Set the suites of the proxy to those of the profile: docs/doctor.md lists them.',
  SuiteMissing: 'Some proxies cannot do all of them: exact is exposure.pod, or choose --profile BestPractices.',
  WrongOrder: 'Set the suites of the proxy in the order of the profile: docs/doctor.md lists them.',
  ClientOrder: 'Let the server choose (nginx: ssl_prefer_server_ciphers on).',
  Incomplete: 'Run it again; a firewall that counts connections may be in between.',
};

/** Old versions are a danger. The rest is less than promised, or more, and works for people. */
function toFinding({ code, message }: Deviation): Finding {
  const isDangerous = code === 'OldProtocol' || code === 'SuiteExtra' || code === 'VersionMissing';
  return (isDangerous ? failed : warning)(message, FIXES[code]);
}

/** A proxy that answers for names that nobody configured shows them somebody's certificate. */
function strangers({ unknownName, noName }: HandshakeFacts): Finding[] {
  const answered = [
    ...(unknownName.kind === 'hello' ? ['a name that nobody configured'] : []),
    ...(noName.kind === 'hello' ? ['no name at all'] : []),
  ];
  if (answered.length === 0) return [ok('Handshakes for unknown names, and without a name, are refused.')];
  return [
    warning(
      `A handshake for ${answered.join(' and for ')} is answered.`,
      'Let the proxy refuse them (HAProxy: strict-sni; nginx: ssl_reject_handshake on).',
    ),
  ];
}
