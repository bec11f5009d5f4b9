import { type Figure, ratioOf } from '../bench-case.ts';
import type { Results } from './results.ts';
import { number, withUnit } from './text.ts';

/** Figures as horizontal bars in SVG, readable on light and on dark pages. Pure: results -> file name -> text. */

interface Strip {
  label: string;
  value: number;
  text: string;
  spread?: readonly [number, number] | undefined;
  kind: 'ours' | 'baseline';
  /** Where the bar of the specification stands. */
  mark?: number | undefined;
}

interface Group {
  title: string;
  strips: Strip[];
  /** Where the scale ends, whatever is longer. */
  most?: number;
}

const WIDTH = 860;
const LEFT = 330;
const RIGHT = 190;
const ROW = 22;
const SPAN = WIDTH - LEFT - RIGHT;

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600 } .label { text-anchor: end } .small { fill: #59636e }
  .ours { fill: #0969da } .baseline { fill: #afb8c1 } .spread { stroke: #1f2328 } .mark { stroke: #cf222e; stroke-width: 2 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .small { fill: #9198a1 }
    .ours { fill: #4493f8 } .baseline { fill: #656c76 } .spread { stroke: #e6edf3 } .mark { stroke: #ff7b72 }
  }`;

export function renderPlots({ cases }: Results): Record<string, string> {
  const plots = Object.entries(cases).map(([name, { title, figures }]) => [
    `${name}.svg`,
    render(title, groups(figures)),
  ]);
  const compared = Object.values(cases).flatMap(({ figures }) =>
    figures.filter(figure => figure.baseline !== undefined),
  );
  const ratios = render('The product beside its baseline', [
    { title: 'ratio; 1 = the baseline', most: 2, strips: compared.map(ratio) },
  ]);
  return {
    ...(Object.fromEntries(plots) as Record<string, string>),
    ...(compared.length > 0 ? { 'ratios.svg': ratios } : {}),
  };
}

function ratio(figure: Figure): Strip {
  const value = ratioOf(figure) ?? 0;
  const mark = figure.bar?.of === 'ratio' ? (figure.bar.least ?? figure.bar.most) : undefined;
  return { label: figure.name, value, text: number(value), kind: 'ours', mark };
}

/** What has one unit shares one scale. */
function groups(figures: readonly Figure[]): Group[] {
  const byUnit = Map.groupBy(figures, figure => figure.unit);
  return [...byUnit].map(([unit, members]) => ({ title: unit, strips: members.flatMap(strips) }));
}

function strips(figure: Figure): Strip[] {
  const { name, value, unit, spread, baseline, bar } = figure;
  const mark = bar !== undefined && bar.of !== 'ratio' ? (bar.least ?? bar.most) : undefined;
  const ours: Strip = { label: name, value, text: withUnit(value, unit), spread, kind: 'ours', mark };
  if (baseline === undefined) return [ours];
  const text = withUnit(baseline.value, unit);
  return [ours, { label: baseline.name, value: baseline.value, text, spread: baseline.spread, kind: 'baseline' }];
}

function render(title: string, all: Group[]): string {
  let y = 62;
  const body = all.map(group => {
    const drawn = drawGroup(group, y);
    y += (group.strips.length + 1) * ROW + 14;
    return drawn;
  });
  const legend = `<text class="small" x="8" y="40">blue: the product; grey: the baseline; red line: the bar; thin line: spread of the rounds</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y}" viewBox="0 0 ${WIDTH} ${y}" role="img" aria-label="${escape(title)}">
<style>${STYLE}</style>
<text class="title" x="8" y="22">${escape(title)}</text>${legend}
${body.join('\n')}
</svg>
`;
}

function drawGroup({ title, strips, most = Infinity }: Group, top: number): string {
  const greatest = Math.max(...strips.flatMap(({ value, spread, mark }) => [value, spread?.[1] ?? 0, mark ?? 0]), 1e-9);
  const end = Math.min(greatest, most);
  const scale = (value: number): number => Math.round((Math.min(value, end) / end) * SPAN * 10) / 10;
  const lines = strips.map((strip, index) => drawStrip(strip, top + (index + 1) * ROW, scale));
  return `<text class="small label" x="${LEFT - 8}" y="${top + 8}">${escape(title)}</text>\n${lines.join('\n')}`;
}

function drawStrip(strip: Strip, y: number, scale: (value: number) => number): string {
  const { label, value, text, spread, kind, mark } = strip;
  const middle = y + 1;
  const end = LEFT + Math.max(scale(value), scale(spread?.[1] ?? 0), scale(mark ?? 0)) + 6;
  const shown = label.length > 52 ? `${label.slice(0, 51)}…` : label;
  return [
    `<text class="label${kind === 'baseline' ? ' small' : ''}" x="${LEFT - 8}" y="${y + 5}">${escape(shown)}</text>`,
    `<rect class="${kind}" x="${LEFT}" y="${y - 6}" width="${Math.max(scale(value), 1)}" height="14" rx="2"/>`,
    spread &&
      `<line class="spread" x1="${LEFT + scale(spread[0])}" x2="${LEFT + scale(spread[1])}" y1="${middle}" y2="${middle}"/>`,
    mark !== undefined &&
      `<line class="mark" x1="${LEFT + scale(mark)}" x2="${LEFT + scale(mark)}" y1="${y - 9}" y2="${y + 11}"/>`,
    `<text x="${end}" y="${y + 5}">${escape(text)}</text>`,
  ]
    .filter(Boolean)
    .join('');
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
