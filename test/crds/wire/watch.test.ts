import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import type { KubeObject } from '#crds/schema/kinds.ts';
import { CORE, WireError } from '#crds/wire/cluster.ts';
import { TIMING } from '#crds/wire/deps.ts';
import type { Transport } from '#crds/wire/transport.ts';
import { runWatch } from '#crds/wire/watch.ts';

/** What a real API server does not do on demand: a transport that answers by a script. */

type Line = { type: string; object: object };

const object = (name: string, resourceVersion: string) => ({ metadata: { name, resourceVersion } });
const added = (name: string, version: string): Line => ({ type: 'ADDED', object: object(name, version) });
const bookmark = (resourceVersion: string, annotations = {}): Line => ({
  type: 'BOOKMARK',
  object: { metadata: { name: '', resourceVersion, annotations } },
});
const listEnd = (version: string): Line => bookmark(version, { 'k8s.io/initial-events-end': 'true' });

interface Told {
  /** Query of each watch, `PAGES` for a list in pages. */
  asked: string[];
  /** What the sink was told. */
  told: string[];
}

/** Each step is one stream, or the error that its opening gives. Ends when the script does. */
async function play(script: (Line[] | WireError)[], onChange = (_name: string): void => undefined): Promise<Told> {
  const stop = new AbortController();
  const asked: string[] = [];
  const told: string[] = [];
  const names = (objects: KubeObject[]): string => objects.map(({ metadata }) => metadata.name).join(',');
  const transport: Transport = {
    request: async () => {
      asked.push('PAGES');
      return { metadata: { resourceVersion: '50' }, items: [object('paged', '40')] };
    },
    stream: async path => {
      const query = new URLSearchParams(path.split('?')[1]);
      asked.push(query.get('resourceVersion') ?? 'LIST');
      const step = script.shift();
      if (step === undefined) stop.abort();
      if (step instanceof WireError) throw step;
      return Readable.from((step ?? []).map(line => Buffer.from(`${JSON.stringify(line)}\n`))) as IncomingMessage;
    },
  };
  const nothing = (): void => undefined;
  const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
  const timing = { ...TIMING, backoff: { first: 1, longest: 2 } };
  const sink = {
    replaced: (objects: KubeObject[], version: string) => void told.push(`all ${names(objects)} at ${version}`),
    changed: ({ metadata }: KubeObject) => {
      onChange(metadata.name);
      told.push(`changed ${metadata.name}`);
    },
    deleted: ({ metadata }: KubeObject) => void told.push(`deleted ${metadata.name}`),
    absent: () => void told.push('absent'),
  };
  await runWatch(
    { transport, log, random: () => 0.5, timing },
    { type: CORE.configMaps, scope: {}, sink, signal: stop.signal },
  );
  return { asked, told };
}

test('a watch that ended in order is resumed at its newest event or bookmark', async () => {
  const { asked, told } = await play([[added('a', '3'), listEnd('5'), added('b', '7')], [bookmark('9')], []]);
  assert.deepEqual(asked, ['LIST', '7', '9', '9']);
  assert.deepEqual(told, ['all a at 5', 'changed b']);
});

test('half a list is nobody’s truth', async () => {
  const { asked, told } = await play([[added('a', '3')], [added('a', '3'), listEnd('5')]]);
  assert.deepEqual(asked, ['LIST', 'LIST', '5']);
  assert.deepEqual(told, ['all a at 5']);
});

test('a list that breaks off twice, or is refused, comes in pages from then on', async () => {
  const broken = await play([[], [], [bookmark('60')]]);
  assert.deepEqual(broken.asked, ['LIST', 'LIST', 'PAGES', '50', '60']);
  assert.deepEqual(broken.told, ['all paged at 50']);
  const refused = await play([new WireError('Invalid', 'sendInitialEvents is forbidden'), [bookmark('60')]]);
  assert.deepEqual(refused.asked, ['LIST', 'PAGES', '50', '60']);
});

test('a cluster that went back in time is listed again', async () => {
  const { asked } = await play([[listEnd('100')], [bookmark('20')], [listEnd('21')]]);
  assert.deepEqual(asked, ['LIST', '100', 'LIST', '21']);
});

test('an ERROR event of 410 leads to a list, another one to another attempt', async () => {
  const gone = { type: 'ERROR', object: { code: 410, reason: 'Expired' } };
  const busy = { type: 'ERROR', object: { code: 504, reason: 'Timeout' } };
  const { asked } = await play([[listEnd('5')], [bookmark('6'), busy], [bookmark('7'), gone], [listEnd('9')]]);
  assert.deepEqual(asked, ['LIST', '5', '6', 'LIST', '9']);
});

test('an API server that cannot be reached for long costs no list, a silent one does', async () => {
  const away = new WireError('Unreachable', 'refused');
  const resumed = await play([[listEnd('5')], away, away, away, away, [bookmark('6')]]);
  assert.deepEqual(resumed.asked, ['LIST', '5', '5', '5', '5', '5', '6']);
  const silent = await play([[listEnd('5')], [], [], [listEnd('8')]]);
  assert.deepEqual(silent.asked, ['LIST', '5', '5', 'LIST', '8']);
});

test('a sink that throws is told everything again', async () => {
  let times = 0;
  const { asked, told } = await play(
    [
      [listEnd('5'), added('a', '6')],
      [added('a', '6'), listEnd('6')],
    ],
    () => {
      times += 1;
      throw new Error('sink');
    },
  );
  assert.equal(times, 1);
  assert.deepEqual(asked, ['LIST', 'LIST', '6']);
  assert.deepEqual(told, ['all  at 5', 'all a at 6']);
});

test('a type that is not served is said to be absent, also when it goes away later, and is found when it comes', async () => {
  const missing = new WireError('NotFound', 'GET /apis/cert-manager.io/v1/certificates: 404');
  const { told, asked } = await play([missing, missing, [added('a', '5'), listEnd('6')], missing, [listEnd('9')]]);
  assert.deepEqual(told, ['absent', 'absent', 'all a at 6', 'absent', 'all  at 9']);
  assert.deepEqual(asked.slice(0, 5), ['LIST', 'LIST', 'LIST', '6', 'LIST']);
});
