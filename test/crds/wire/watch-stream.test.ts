import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { WireError } from '#crds/wire/cluster.ts';
import { readEvents } from '#crds/wire/watch-stream.ts';

const answer = (chunks: Iterable<Buffer>): IncomingMessage => Readable.from(chunks) as IncomingMessage;

async function read(chunks: Iterable<Buffer>): Promise<unknown[]> {
  const events: unknown[] = [];
  for await (const event of readEvents(answer(chunks), 10_000)) events.push(event);
  return events;
}

const event = (name: string) => ({ type: 'ADDED', object: { metadata: { name } } });

function* pieces(text: string, size: number): Generator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

test('events are read whole however the bytes are cut, also inside a character', async () => {
  const events = [event('ä€😀'), event('b'), event('c'.repeat(50))];
  const text = events.map(each => `${JSON.stringify(each)}\n`).join('');
  for (let size = 1; size <= text.length; size += 1) assert.deepEqual(await read(pieces(text, size)), events);
});

test('a line without its end is not an event', async () => {
  assert.deepEqual(await read(pieces(`${JSON.stringify(event('a'))}\n{"type":"ADDED"`, 7)), [event('a')]);
});

test('a line of 24 MB in small pieces is read in linear time', async () => {
  const started = performance.now();
  const [read1] = (await read(pieces(`${JSON.stringify(event('x'.repeat(24_000_000)))}\n`, 1000))) as [unknown];
  const took = performance.now() - started;
  assert.ok(read1);
  // Building the text anew with each piece would copy 288 GB.
  assert.ok(took < 15_000, `${took} ms`);
});

test('a line that is no JSON is no network error: only a new list helps', async () => {
  await assert.rejects(read(pieces('<html>\n', 10)), error => !(error instanceof WireError));
});
