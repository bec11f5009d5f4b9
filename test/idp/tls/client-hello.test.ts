import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect as connectTcp, createServer as createTcpServer } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { type ConnectionOptions, connect, createServer, type Server } from 'node:tls';
import * as fc from 'fast-check';
import { LARGEST_HELLO, type Reading, readClientHello } from '#idp/tls/client-hello.ts';
import { clientHello } from './handshake.ts';

/** What Node's own client says first. */
async function recordHello(options: ConnectionOptions): Promise<Buffer> {
  const listener = createTcpServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const client = connect({ port: (listener.address() as AddressInfo).port, host: '127.0.0.1', ...options });
  client.on('error', () => undefined);
  const [socket] = await once(listener, 'connection');
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  client.destroy();
  listener.close();
  return bytes;
}

/** The message of a hello in one record. */
const messageOf = (hello: Buffer): Buffer => hello.subarray(5);

function record(fragment: Uint8Array, type = 22): Buffer {
  return Buffer.concat([Buffer.from([type, 3, 1, fragment.length >> 8, fragment.length & 0xff]), fragment]);
}

/** The same message, cut into records at these places. */
function cut(message: Buffer, places: number[]): Buffer {
  const ends = [...new Set(places.map(place => place % message.length)), message.length].filter(end => end > 0);
  const sorted = ends.toSorted((a, b) => a - b);
  return Buffer.concat(sorted.map((end, at) => record(message.subarray(sorted[at - 1] ?? 0, end))));
}

/** Extensions in place of those of the raw hello. */
function withExtensions(...extensions: [type: number, body: number[]][]): Buffer {
  const all = extensions.flatMap(([type, body]) => [type >> 8, type & 0xff, 0, body.length, ...body]);
  const body = [3, 3, ...Array<number>(32).fill(7), 0, 0, 2, 0xc0, 0x2c, 1, 0, 0, all.length, ...all];
  return record(Buffer.from([1, 0, 0, body.length, ...body]));
}

const ACME = [...Buffer.from('acme.localhost')];
const NAME: [number, number[]] = [0, [0, ACME.length + 3, 0, 0, ACME.length, ...ACME]];
const kindOf = (bytes: Buffer): Reading['kind'] => readClientHello(bytes).kind;

describe('the reader of the ClientHello', () => {
  let hello: Buffer;
  before(async () => {
    hello = await recordHello({ servername: 'Acme.localhost' });
  });

  test('finds the name in lower case and the newest version', async () => {
    const old = await recordHello({ servername: 'acme.localhost', maxVersion: 'TLSv1.2' });
    const nameless = await recordHello({});
    assert.deepEqual(readClientHello(hello), { kind: 'hello', hello: { name: 'acme.localhost', newest: 0x0304 } });
    assert.deepEqual(readClientHello(old), { kind: 'hello', hello: { name: 'acme.localhost', newest: 0x0303 } });
    assert.deepEqual(readClientHello(nameless), { kind: 'hello', hello: { name: undefined, newest: 0x0304 } });
    assert.deepEqual(readClientHello(clientHello(0x0300, [0x2f])), {
      kind: 'hello',
      hello: { name: undefined, newest: 0x0300 },
    });
  });

  test('asks for more after every beginning, never for more than there is to come', () => {
    for (let length = 0; length < hello.length; length += 1) {
      const reading = readClientHello(hello.subarray(0, length));
      assert.ok(reading.kind === 'more' && reading.atLeast > length && reading.atLeast <= hello.length, `${length}`);
    }
  });

  test('reads the same, into however many records it was cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 40 }), places => {
        assert.deepEqual(readClientHello(cut(messageOf(hello), places)), readClientHello(hello));
      }),
    );
    const single = [...messageOf(hello).keys()];
    assert.deepEqual(readClientHello(cut(messageOf(hello), single)), readClientHello(hello));
  });

  test('answers anything, and never waits for more than its bound', () => {
    const check = (bytes: Uint8Array): void => {
      const reading = readClientHello(Buffer.from(bytes));
      if (reading.kind === 'more') assert.ok(reading.atLeast > bytes.length && reading.atLeast <= LARGEST_HELLO);
    };
    const start = fc.constantFrom<number[][]>([], [22, 3, 1], [22, 3, 1, 2, 0, 1], [0x80, 0x2e, 1]);
    const noise = fc.uint8Array({ maxLength: 600 });
    fc.assert(fc.property(start, noise, (first, rest) => check(Buffer.concat([Buffer.from(first), rest]))));
    const edit = fc.tuple(fc.nat(), fc.nat(255));
    fc.assert(fc.property(fc.array(edit, { minLength: 1, maxLength: 6 }), edits => check(mutate(hello, edits))));
  });

  test('versions that clients make up do not count', () => {
    const versions = (...list: number[]): Buffer => withExtensions([43, [list.length, ...list]], NAME);
    const newest = (reading: Reading): number => (reading.kind === 'hello' ? reading.hello.newest : 0);
    assert.equal(newest(readClientHello(versions(0xfa, 0xfa, 3, 4, 3, 3))), 0x0304);
    assert.equal(newest(readClientHello(versions(3, 2, 0x1a, 0x1a))), 0x0302);
  });

  test('a hello that two readers could read differently is malformed', () => {
    const long = Buffer.from(messageOf(hello));
    long.writeUIntBE(LARGEST_HELLO, 1, 3);
    const bare = Buffer.from(withExtensions(NAME));
    bare.writeUIntBE(2 + 32 + 1 + 4 + 2, 6, 3);
    const cases: Record<string, Buffer> = {
      'the same extension twice': withExtensions(NAME, NAME),
      'two names in one list': withExtensions([0, [0, 8, 0, 0, 1, 97, 0, 0, 1, 98]]),
      'a name of another type': withExtensions([0, [0, 4, 1, 0, 1, 97]]),
      'an empty name': withExtensions([0, [0, 3, 0, 0, 0]]),
      'a name with a zero byte': withExtensions([0, [0, 6, 0, 0, 3, 97, 0, 98]]),
      'bytes after the name': withExtensions([0, [0, 4, 0, 0, 1, 97, 0]]),
      'no version in the list': withExtensions([43, [0]], NAME),
      'half a version': withExtensions([43, [3, 3, 4, 3]], NAME),
      'an empty record': Buffer.concat([record(Buffer.alloc(0)), hello]),
      'another record between two parts': Buffer.concat([
        record(hello.subarray(5, 9)),
        record(Buffer.from([2, 40]), 21),
      ]),
      'something behind the message in its record': record(Buffer.concat([messageOf(hello), Buffer.from([0])])),
      'extensions behind the message': bare,
      'another message': record(Buffer.from([2, 0, 0, 1, 0])),
      'a message that is too long': record(long),
      'a record that is too long': Buffer.from([22, 3, 1, 0xff, 0xff]),
    };
    for (const [name, bytes] of Object.entries(cases)) assert.equal(kindOf(bytes), 'malformed', name);
    assert.equal(kindOf(withExtensions(NAME)), 'hello', 'the bytes around the cases are sound');
  });

  test('what is no hello is told apart by its first bytes', () => {
    assert.equal(kindOf(Buffer.from('GET / HTTP/1.1\r\n')), 'plain-http');
    assert.equal(kindOf(Buffer.from([0x80, 0x2e, 1, 0, 2])), 'too-old');
    assert.equal(kindOf(Buffer.from([0x80, 0x2e, 9])), 'not-tls');
    assert.equal(kindOf(Buffer.from([22, 2])), 'not-tls');
    assert.equal(kindOf(Buffer.from('\0\0\0\0')), 'not-tls');
  });
});

/** Node decodes a name as UTF-8, and we byte by byte. */
const readable = (name: string): string => name.toLowerCase().replaceAll(/[^ -~]+/g, '?');

function mutate(bytes: Buffer, edits: [number, number][]): Buffer {
  const copy = Buffer.from(bytes);
  for (const [at, value] of edits) copy[at % copy.length] = value;
  return copy;
}

describe('beside OpenSSL', () => {
  let server: Server;
  let names: string[];
  before(async () => {
    names = [];
    server = createServer({
      SNICallback: (name, done) => {
        names.push(name);
        done(new Error('only asked for its name'));
      },
    });
    server.on('tlsClientError', (_error, socket) => void socket.destroy()).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(() => server.close());

  async function openssl(bytes: Buffer): Promise<string | undefined> {
    names.length = 0;
    const socket = connectTcp((server.address() as AddressInfo).port, '127.0.0.1');
    socket.on('error', () => undefined).end(bytes);
    await once(socket.resume(), 'close');
    return names[0] === undefined ? undefined : readable(names[0]);
  }

  test('the name that OpenSSL reads in a damaged hello is the name that we read', async () => {
    const hello = await recordHello({ servername: 'acme.localhost' });
    let read = 0;
    await fc.assert(
      fc.asyncProperty(fc.tuple(fc.nat(), fc.nat(255)), async edit => {
        const bytes = mutate(hello, [edit]);
        const theirs = await openssl(bytes);
        if (theirs === undefined) return;
        read += 1;
        const ours = readClientHello(bytes);
        assert.equal(ours.kind === 'hello' ? readable(ours.hello.name ?? '') : ours.kind, theirs);
      }),
      { numRuns: 500 },
    );
    assert.ok(read > 50, `OpenSSL read a name in ${read} of 500`);
  });
});
