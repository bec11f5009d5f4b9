import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { createSecureContext, getCACertificates } from 'node:tls';
import { domainToASCII } from 'node:url';
import { tlsProfile } from '#crds/schema/tls.ts';
import { createOutbound } from '#crds/shared/outbound/client.ts';
import { createGuard } from '#crds/shared/outbound/guard.ts';
import { systemLookup } from '#crds/shared/outbound/lookup.ts';
import { sayHello } from '#crds/shared/outbound/say-hello.ts';
import { ANY_SUITE } from '#operator/domains/certificate-facts.ts';
import { createDnsQuestions, type DnsQuestions } from '#operator/domains/dns-questions.ts';
import { type Call, portOf, UsageError } from './command.ts';
import { caaStep } from './doctor/caa-step.ts';
import { certificateStep } from './doctor/certificate-step.ts';
import { clockStep } from './doctor/clock-step.ts';
import { connectionStep } from './doctor/connection-step.ts';
import { dnsStep } from './doctor/dns-step.ts';
import { redirectStep } from './doctor/http-step.ts';
import { discoveryStep, jwksStep } from './doctor/oidc-step.ts';
import { asJson, asText, exitOf } from './doctor/report.ts';
import { samlStep } from './doctor/saml-step.ts';
import { examine, type Patient, type Step } from './doctor/step.ts';
import { tlsStep } from './doctor/tls-step.ts';

/** `sso doctor HOST`: looks at a sign-in host from outside, as browsers and applications do, and says how to mend it. */

const STEPS: readonly Step[] = [
  dnsStep,
  caaStep,
  connectionStep,
  certificateStep,
  tlsStep,
  redirectStep,
  discoveryStep,
  jwksStep,
  clockStep,
  samlStep,
];

const PRINTERS = { text: asText, json: asJson } as const;
const DNS_MS = 2_000;
const HELLO_MS = 4_000;

export async function doctor({ positionals, options, streams, signal }: Call): Promise<number> {
  const print = Object.entries(PRINTERS).find(([name]) => name === (options.output ?? 'text'))?.[1];
  if (print === undefined) throw new UsageError('--output is text or json');
  const patient = admit(positionals, options);
  const steps = await examine(STEPS, patient, signal);
  const exit = exitOf(steps);
  streams.out(print({ host: patient.host, port: patient.port, exit, steps }));
  return exit;
}

function admit(positionals: string[], options: Call['options']): Patient {
  const port = portOf(options.port, 443);
  const host = hostOf(positionals);
  const roots = rootsOf(options.ca);
  return {
    host,
    port,
    httpPort: options['http-port'] === undefined && port !== 443 ? undefined : portOf(options['http-port'], 80),
    target: options.target === undefined ? undefined : nameOf(options.target, '--target'),
    issuer: options.issuer,
    profile: profileOf(options.profile),
    lookup: systemLookup,
    resolvers: resolversOf(options.resolver),
    // Whoever runs it dials what they named, from their own machine: nothing has to be kept from them.
    outbound: address =>
      createOutbound({
        ca: roots,
        guard: createGuard({ cidrs: ['0.0.0.0/0', '::/0'], hostSuffixes: [] }),
        lookup: () => Promise.resolve([address]),
      }),
    trust: createSecureContext({ ...ANY_SUITE, ca: roots }),
    say: (endpoint, hello) => sayHello(endpoint, hello, HELLO_MS),
    entropy: randomBytes,
    now: Date.now,
  };
}

function hostOf(positionals: string[]): string {
  const [host, ...rest] = positionals;
  if (host === undefined || rest.length > 0) throw new UsageError('name one host: sso doctor login.acme.example');
  if (host.includes('://') || /[/:?#@]/.test(host))
    throw new UsageError(`${host} is more than a name: write login.acme.example, and the port as --port`);
  if (isIP(host) !== 0)
    throw new UsageError('name the host that people use; where it should lead is told with --target');
  return nameOf(host, 'HOST');
}

function nameOf(text: string, what: string): string {
  if (isIP(text) !== 0) return text;
  const name = domainToASCII(text.replace(/[.]$/, ''));
  if (!/^(?!-)[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(name)) throw new UsageError(`${what}: ${text} is no host name`);
  return name;
}

function profileOf(text = 'Strict'): Patient['profile'] {
  const parsed = tlsProfile.safeParse(text);
  if (!parsed.success) throw new UsageError(`--profile is ${tlsProfile.options.join(' or ')}`);
  return parsed.data;
}

/** Those of the machine, then each that was named by itself, so that what they say can be told apart. */
function resolversOf(named = ''): DnsQuestions[] {
  const servers = named.split(/[\s,]+/).filter(server => server !== '');
  try {
    return [
      createDnsQuestions({ label: 'the DNS of this machine', servers: [], milliseconds: DNS_MS }),
      ...servers.map(server => createDnsQuestions({ label: server, servers: [server], milliseconds: DNS_MS })),
    ];
  } catch {
    throw new UsageError(`--resolver: ${named} is no address of a DNS server`);
  }
}

/** PEM. What the machine trusts, not only what Node brings. */
function rootsOf(file: string | undefined): string[] {
  if (file === undefined) return [...new Set([...getCACertificates('default'), ...getCACertificates('system')])];
  try {
    return [readFileSync(file, 'utf8')];
  } catch (cause) {
    throw new UsageError(`--ca: ${file} cannot be read`, { cause });
  }
}
