import { type Figure, isMet, ratioOf } from '../bench-case.ts';

/** Figures as words, for the terminal and for the page alike. */

/** Three significant digits are all that a bench can vouch for. */
export function show(figures: readonly Figure[]): string[] {
  return figures.map(figure => {
    const against = [againstBaseline(figure), againstBar(figure)].filter(text => text !== '').join('; ');
    return `  ${figure.name.padEnd(56)} ${withUnit(figure.value, figure.unit).padStart(18)}  ${against}`;
  });
}

export function number(value: number): string {
  if (!Number.isFinite(value)) return '-';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return value === 0 ? '0' : value.toPrecision(value < 0.01 ? 1 : 3).replace(/\.0+$/, '');
}

export function withUnit(value: number, unit: Figure['unit']): string {
  return unit.startsWith('/') || unit === '%' ? `${number(value)}${unit}` : `${number(value)} ${unit}`;
}

export function againstBaseline(figure: Figure): string {
  const ratio = ratioOf(figure);
  return ratio === undefined
    ? ''
    : `${number(ratio)} of ${figure.baseline?.name} (${number(figure.baseline?.value ?? 0)})`;
}

export function againstBar(figure: Figure): string {
  const { bar, unit } = figure;
  if (bar === undefined) return '';
  const say = (value: number): string => (bar.of === 'ratio' ? `${number(value * 100)}% of it` : withUnit(value, unit));
  const wanted = bar.least === undefined ? `< ${say(bar.most ?? 0)}` : `≥ ${say(bar.least)}`;
  return `${bar.id} ${wanted}: ${isMet(figure) === true ? 'met' : 'MISSED'}`;
}
