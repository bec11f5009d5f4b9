import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { KubeObject } from '#crds/schema/kinds.ts';
import { connect } from '#crds/wire/api-server.ts';
import { CORE } from '#crds/wire/cluster.ts';
import type { WireClock } from '#crds/wire/deps.ts';
import { createRecorder, type EventRecorder, type Occurrence } from '#crds/wire/events.ts';
import { type ApiServer, startApiServer } from '../support/api-server.ts';
import { configMap, keepLog, type LogLine } from '../support/api-server-sink.ts';

let api: ApiServer;
before(async () => {
  api = await startApiServer({ users: [{ name: 'nobody' }] });
});
after(async () => api[Symbol.asyncDispose]());

interface StoredEvent {
  type: string;
  reason: string;
  note: string;
  series?: { count: number };
  regarding: { kind: string; name: string };
}

const OCCURRENCE: Occurrence = { type: 'Warning', reason: 'SecretNotFound', action: 'Gather', message: 'No Secret.' };

function about(name: string): KubeObject {
  const object = configMap('default', name, '1');
  return { ...object, metadata: { ...object.metadata, uid: `uid-of-${name}` } };
}

interface Bench {
  recorder: EventRecorder;
  lines: LogLine[];
  /** Milliseconds to add to the clock. */
  skip: (ms: number) => void;
}

function start(user = 'admin'): Bench {
  const { log, lines } = keepLog();
  let now = Date.now();
  const clock: WireClock = { now: () => now, after: () => () => undefined };
  const cluster = connect(api.connection(user), { log, userAgent: 'test' });
  const recorder = createRecorder({ cluster, clock, log, controller: 'sso-operator.dev/test', instance: 'pod-0' });
  return {
    recorder,
    lines,
    skip: ms => {
      now += ms;
    },
  };
}

async function eventsOf(name: string): Promise<StoredEvent[]> {
  const { stdout } = await api.kubectl(['get', 'events.events.k8s.io', '-n', 'default', '-o', 'json']);
  const { items } = JSON.parse(stdout) as { items: StoredEvent[] };
  return items.filter(({ regarding }) => regarding.name === name);
}

test('what is said again and again is one Event with a count', async () => {
  const { recorder, skip } = start();
  for (let times = 0; times < 40; times += 1) {
    recorder.record(about('often'), OCCURRENCE);
    skip(1000);
  }
  await recorder.settled();
  const events = await eventsOf('often');
  assert.equal(events.length, 1);
  assert.equal(events[0]?.series?.count, 31);
  assert.equal(events[0].note, 'No Secret.');
  const writes = (await api.writes('admin')).filter(({ resource, verb }) => resource === 'events' && verb === 'patch');
  assert.equal(writes.length, 4);
  assert.equal(CORE.events.plural, 'events');
});

test('another message, another object or a long rest begins another Event', async () => {
  const { recorder, skip } = start();
  recorder.record(about('a'), OCCURRENCE);
  recorder.record(about('a'), { ...OCCURRENCE, message: 'Other.' });
  recorder.record(about('b'), OCCURRENCE);
  skip(400_000);
  recorder.record(about('a'), OCCURRENCE);
  await recorder.settled();
  assert.equal((await eventsOf('a')).length, 3);
  assert.equal((await eventsOf('b')).length, 1);
});

test('what is said of thousands at once is told of a hundred, and warnings are not crowded out', async () => {
  const { recorder, skip } = start();
  for (let i = 0; i < 3000; i += 1) recorder.record(about(`crowd-${i}`), { ...OCCURRENCE, type: 'Normal' });
  recorder.record(about('warned'), OCCURRENCE);
  skip(10_000);
  recorder.record(about('later'), { ...OCCURRENCE, type: 'Normal' });
  await recorder.settled();
  const { stdout } = await api.kubectl(['get', 'events.events.k8s.io', '-n', 'default', '-o', 'name']);
  assert.equal((await eventsOf('crowd-0')).length, 1);
  assert.ok(stdout.split('\n').length < 150, stdout);
  assert.equal((await eventsOf('warned')).length, 1);
  assert.equal((await eventsOf('later')).length, 1);
});

test('a long message in wide characters is cut to what the API server takes', async () => {
  const { recorder, lines } = start();
  recorder.record(about('long'), { ...OCCURRENCE, message: '長'.repeat(2000) });
  await recorder.settled();
  assert.deepEqual(lines, []);
  assert.match((await eventsOf('long'))[0]?.note ?? '', /^長{300,}.*…$/);
});

test('an Event that may not be written is logged and nothing else happens', async () => {
  const { recorder, lines } = start('nobody');
  recorder.record(about('forbidden'), OCCURRENCE);
  await recorder.settled();
  assert.equal(lines[0]?.fields.err?.code, 'Forbidden');
});
