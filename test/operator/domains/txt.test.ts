import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { createTxtLookup } from '#operator/domains/txt.ts';

/** A DNS server on loopback with one name that has records, one that has none, and one that fails (RFC 1035). */

let server: Socket;
let address = '';
before(async () => {
  server = createSocket('udp4', (query, from) => server.send(answer(query), from.port, from.address));
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  address = `127.0.0.1:${server.address().port}`;
});
after(() => server.close());

const RECORDS: Record<string, string[][]> = { '_sso-operator.good.example': [['sso-operator=', 'uid-1'], ['other']] };
const CODES: Record<string, number> = { '_sso-operator.broken.example': 2, '_sso-operator.none.example': 3 };

function nameIn(query: Buffer): string {
  const labels: string[] = [];
  for (let at = 12; query[at]; at += (query[at] ?? 0) + 1) {
    labels.push(query.toString('latin1', at + 1, at + 1 + (query[at] ?? 0)));
  }
  return labels.join('.');
}

function answer(query: Buffer): Buffer {
  const name = nameIn(query);
  const records = RECORDS[name] ?? [];
  const header = Buffer.from(query.subarray(0, 12));
  header.writeUInt16BE(0x8180 | (CODES[name] ?? 0), 2);
  header.writeUInt16BE(records.length, 6);
  header.writeUInt16BE(0, 10);
  const question = query.subarray(12, 12 + name.length + 6);
  const answers = records.map(strings => {
    const data = Buffer.concat(strings.map(text => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)])));
    const start = Buffer.from([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, data.length]);
    return Buffer.concat([start, data]);
  });
  return Buffer.concat([header, question, ...answers]);
}

test('the strings of one record are joined, and every record is told', async () => {
  const found = await createTxtLookup([address]).txt('_sso-operator.good.example');
  assert.deepEqual(found.sort(), ['other', 'sso-operator=uid-1']);
});

test('a name without records is empty, and a server that cannot say is an error', async () => {
  const lookup = createTxtLookup([address]);
  assert.deepEqual(await lookup.txt('_sso-operator.none.example'), []);
  await assert.rejects(lookup.txt('_sso-operator.broken.example'));
});
