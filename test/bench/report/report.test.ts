import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SaxesParser } from 'saxes';
import { type Figure, isMet, ofRounds } from '../bench-case.ts';
import { renderPage } from './page.ts';
import { renderPlots } from './plot.ts';
import type { Results } from './results.ts';

const RATE: Figure = {
  name: 'refresh <with> rotation',
  ...ofRounds([610, 590, 600]),
  unit: '/s per core',
  baseline: { name: 'the "bare" library', value: 1000 },
  bar: { id: 'B1', of: 'ratio', least: 0.6 },
  method: 'POST /token | twice',
};

function resultsOf(...figures: Figure[]): Results {
  const token = {
    title: 'Tokens & more',
    method: 'm',
    at: '2026-11-21T00:00:00Z',
    busyBefore: 1.5,
    seconds: 9,
    rounds: 3,
    secondsATurn: 2,
    figures,
  };
  return { machine: 'one', versions: { node: '24' }, cases: { token } };
}

test('the median counts, and the spread is kept', () => {
  assert.deepEqual([RATE.value, RATE.spread], [600, [590, 610]]);
});

test('a bar is held against the ratio or the value, as it says', () => {
  assert.equal(isMet(RATE), true);
  assert.equal(isMet({ ...RATE, value: 599 }), false);
  assert.equal(isMet({ ...RATE, bar: { id: 'B6', most: 600 } }), false, 'most is excluded');
  const { bar: _bar, ...none } = RATE;
  assert.equal(isMet(none), undefined);
});

test('plots are well-formed XML, whatever a figure is called', () => {
  const plots = renderPlots(resultsOf(RATE, { ...RATE, name: 'a&b', value: 1e9 }));
  assert.deepEqual(Object.keys(plots), ['token.svg', 'ratios.svg']);
  for (const svg of Object.values(plots)) {
    const parser = new SaxesParser();
    parser.on('error', error => assert.fail(error));
    parser.write(svg).close();
  }
});

test('the page says ratio, bar, verdict and the noise that was about', () => {
  const page = renderPage(resultsOf(RATE, { ...RATE, name: 'slow', value: 100 }), '## Profiles');
  assert.match(page, /\*\*0\.600\*\*/);
  assert.match(page, /\| B1 \| slow \| ≥ 0\.600 \| 0\.100 \| \*\*missed\*\* \|/);
  assert.match(page, /POST \/token \\\| twice/, 'a bar in a cell ends no cell');
  assert.match(page, /Beside other work/);
  assert.ok(page.endsWith('## Profiles'));
});
