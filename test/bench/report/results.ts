import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { cpus, release, type as systemName, totalmem } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '#test/support/program.ts';
import type { Figure } from '../bench-case.ts';
import { renderPage } from './page.ts';
import { renderPlots } from './plot.ts';

/** docs/bench: what was measured, on what, and the page and plots made of it. */

export interface Results {
  machine: string;
  versions: Record<string, string>;
  cases: Record<string, CaseResult>;
}

export interface CaseResult {
  title: string;
  method: string;
  /** ISO 8601. */
  at: string;
  /** Processors that were busy with something else in the second before it began. */
  busyBefore: number;
  /** The whole case. */
  seconds: number;
  rounds: number;
  secondsATurn: number;
  figures: Figure[];
}

const FOLDER = join(ROOT, 'docs', 'bench');
const FILE = join(FOLDER, 'results.json');

/** What earlier runs left, with the machine and the versions of today. */
export async function readResults(): Promise<Results> {
  const text = await readFile(FILE, 'utf8').catch(() => '{}');
  const { cases = {} } = JSON.parse(text) as Partial<Results>;
  return { machine: machine(), versions: await versions(), cases };
}

export async function writeResults(results: Results): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  await writeFile(FILE, `${JSON.stringify(results, undefined, 2)}\n`);
  // Written by hand: what the profiles said.
  const profiles = await readFile(join(FOLDER, 'profiles.md'), 'utf8').catch(() => '');
  await writeFile(join(FOLDER, 'README.md'), renderPage(results, profiles));
  for (const [name, svg] of Object.entries(renderPlots(results))) await writeFile(join(FOLDER, name), svg);
}

function machine(): string {
  const all = cpus();
  const memory = Math.round(totalmem() / 1024 ** 3);
  return `${all.length} × ${all[0]?.model.trim() ?? 'unknown processor'}, ${memory} GiB, ${systemName()} ${release()}`;
}

const PEERS = ['oidc-provider', 'samlify', 'ioredis', 'jose'];

async function versions(): Promise<Record<string, string>> {
  const entries = PEERS.map(async name => {
    const text = await readFile(join(ROOT, 'node_modules', name, 'package.json'), 'utf8');
    return [name, (JSON.parse(text) as { version: string }).version];
  });
  const found = Object.fromEntries(await Promise.all(entries)) as Record<string, string>;
  return { node: process.versions.node, openssl: process.versions.openssl, ...found };
}
