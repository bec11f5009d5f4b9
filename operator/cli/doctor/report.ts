import type { Examined, Finding, Level } from './step.ts';

/** What `sso doctor` prints, and the exit code. */

export interface Report {
  host: string;
  port: number;
  exit: number;
  steps: Examined[];
}

const WARNINGS = 1;

/** 0: all is well; 1: warnings; else the number of the first step that failed. */
export function exitOf(steps: readonly Examined[]): number {
  const has = (findings: readonly Finding[], level: Level): boolean => findings.some(one => one.level === level);
  const broken = steps.find(({ findings }) => has(findings, 'failed'));
  if (broken !== undefined) return broken.exit;
  return steps.some(({ findings }) => has(findings, 'warning')) ? WARNINGS : 0;
}

export function asJson(report: Report): string {
  return JSON.stringify(report, undefined, 2);
}

const MARKS: Record<Level, string> = { ok: 'ok', warning: 'WARNING', failed: 'FAILED', skipped: 'skipped' };

export function asText({ host, port, exit, steps }: Report): string {
  const blocks = steps.map(({ title, findings }) => [title, ...findings.flatMap(lines)].join('\n'));
  return [`sso doctor ${host}:${port}`, ...blocks, summary(steps, exit)].join('\n\n');
}

const INDENT = ' '.repeat(11);

function lines({ level, message, fix = [] }: Finding): string[] {
  return [`  ${MARKS[level].padEnd(9)}${message}`, ...fix.map(line => `${INDENT}${line}`)];
}

function summary(steps: readonly Examined[], exit: number): string {
  const count = (level: Level): number =>
    steps.flatMap(({ findings }) => findings).filter(one => one.level === level).length;
  const parts = [
    ...(count('failed') > 0 ? [`${count('failed')} failed`] : []),
    ...(count('warning') > 0 ? [`${count('warning')} warning${count('warning') === 1 ? '' : 's'}`] : []),
  ];
  return parts.length === 0 ? 'All is well.' : `${parts.join(', ')}; exit code ${exit}.`;
}
