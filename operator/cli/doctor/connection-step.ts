import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { type Finding, failed, type Outcome, ok, type Patient, skipped, step, warning } from './step.ts';

/** Whether the ports answer. The first address that does is the one that the steps below talk to. */

type Dialled = { address: string; port: number } & ({ milliseconds: number } | { code: string });

export const connectionStep = step({
  title: 'Connection',
  exit: 12,
  needs: ['addresses'],
  async run(patient, { addresses }): Promise<Outcome> {
    const dialled = await Promise.all(addresses.map(address => dial(address, patient.port)));
    const works = dialled.filter(one => 'milliseconds' in one);
    const address = works[0]?.address;
    const findings = dialled.map(one => judge(one, works.length > 0));
    return {
      findings: [...findings, ...(address === undefined ? [] : [await judgeHttpPort(patient, address)])],
      ...(address === undefined ? {} : { learned: { address } }),
    };
  },
});

const CONNECT_MS = 4_000;

function dial(address: string, port: number): Promise<Dialled> {
  return new Promise(resolve => {
    const began = performance.now();
    const socket = connect({ host: address, port, timeout: CONNECT_MS });
    const finish = (result: { milliseconds: number } | { code: string }): void => {
      socket.destroy();
      resolve({ address, port, ...result });
    };
    socket.on('connect', () => finish({ milliseconds: Math.round(performance.now() - began) }));
    socket.on('timeout', () => finish({ code: 'ETIMEDOUT' }));
    socket.on('error', (error: NodeJS.ErrnoException) => finish({ code: error.code ?? 'unknown' }));
  });
}

const REASONS: Readonly<Record<string, [string, string]>> = {
  ECONNREFUSED: [
    'refuses the connection',
    'Nothing listens there: check the Service, its type LoadBalancer and the proxy.',
  ],
  ETIMEDOUT: ['does not answer', 'A firewall or a wrong address: check the rules in between.'],
  EHOSTUNREACH: ['cannot be reached', 'There is no route to it from here.'],
  ENETUNREACH: ['cannot be reached', 'This machine has no network of that kind (IPv6?).'],
};

function judge(one: Dialled, isReachable: boolean): Finding {
  const where = `${one.address}:${one.port}`;
  if ('milliseconds' in one) return ok(`${where} answers after ${one.milliseconds} ms.`);
  const [what, fix] = REASONS[one.code] ?? [`fails with ${one.code}`, 'Check the way there.'];
  // Browsers try the next address; that costs people time, not their sign-in.
  return (isReachable ? warning : failed)(`${where} ${what}.`, fix);
}

async function judgeHttpPort({ httpPort, port }: Patient, address: string): Promise<Finding> {
  if (httpPort === undefined) return skipped(`Port 80 need not belong to port ${port}; name it with --http-port.`);
  const one = await dial(address, httpPort);
  if ('milliseconds' in one) return ok(`${address}:${httpPort} answers after ${one.milliseconds} ms.`);
  return warning(
    `${address}:${httpPort} does not answer (${one.code}).`,
    'Addresses typed without https:// lead nowhere, and ACME with HTTP-01 fails. Serve the redirect on that port.',
  );
}
