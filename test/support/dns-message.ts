/** What a recursive DNS server answers, as bytes (RFC 1035, RFC 8659). */

export interface Records {
  A?: string[];
  AAAA?: string[];
  CNAME?: string;
  /** `flags tag value`, as in a zone file without the quotation marks. */
  CAA?: string[];
  TXT?: string[];
  /** The answer over UDP is cut to nothing, so that the client comes back over TCP. */
  isTruncated?: true;
  /** `silence`: no answer at all. */
  fails?: 'servfail' | 'refused' | 'silence';
}

/** Names without a trailing dot; `*.example` answers for whatever is not there below `example`. */
export type Zone = Record<string, Records>;

const TYPES = { A: 1, CNAME: 5, TXT: 16, AAAA: 28, CAA: 257 } as const;
type Type = keyof typeof TYPES;
const RCODES = { none: 0, servfail: 2, nxdomain: 3, refused: 5 } as const;
const TRUNCATED = 0x0200;

interface Found {
  answers: { name: string; type: Type; value: string }[];
  code: keyof typeof RCODES;
}

/** `reply` is undefined where the zone wants silence. */
export function answerQuery(zone: Zone, query: Buffer, transport: 'udp' | 'tcp'): { question: string; reply?: Buffer } {
  const { name, end } = readName(query);
  const wanted = query.readUInt16BE(end);
  const type = (Object.keys(TYPES) as Type[]).find(known => TYPES[known] === wanted);
  const question = `${type ?? wanted} ${name}`;
  const records = recordsOf(zone, name);
  if (records?.fails === 'silence') return { question };
  const found: Found = type === undefined ? { answers: [], code: 'none' } : resolve(zone, name, type);
  const isCut = transport === 'udp' && records?.isTruncated === true;
  const answers = isCut ? [] : found.answers;
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8180 | (isCut ? TRUNCATED : 0) | RCODES[found.code], 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(answers.length, 6);
  const body = answers.map(one => encode(one.name, one.type, one.value));
  return { question, reply: Buffer.concat([header, query.subarray(12, end + 4), ...body]) };
}

function readName(query: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (; query[at]; at += (query[at] ?? 0) + 1)
    labels.push(query.toString('latin1', at + 1, at + 1 + (query[at] ?? 0)).toLowerCase());
  return { name: labels.join('.'), end: at + 1 };
}

function recordsOf(zone: Zone, name: string): Records | undefined {
  if (Object.hasOwn(zone, name)) return zone[name];
  const labels = name.split('.');
  for (let from = 1; from < labels.length; from += 1) {
    const wildcard = zone[`*.${labels.slice(from).join('.')}`];
    if (wildcard !== undefined) return wildcard;
  }
  return undefined;
}

function resolve(zone: Zone, start: string, type: Type): Found {
  const answers: Found['answers'] = [];
  for (let name = start, steps = 0; steps < 16; steps += 1) {
    const records = recordsOf(zone, name);
    if (records === undefined) return { answers, code: exists(zone, name) ? 'none' : 'nxdomain' };
    if (records.fails === 'servfail' || records.fails === 'refused') return { answers: [], code: records.fails };
    if (records.CNAME === undefined || type === 'CNAME')
      return { answers: [...answers, ...own(name, type, records)], code: 'none' };
    answers.push({ name, type: 'CNAME', value: records.CNAME });
    name = records.CNAME;
  }
  return { answers: [], code: 'servfail' };
}

/** An empty non-terminal: something is below it. */
function exists(zone: Zone, name: string): boolean {
  return Object.keys(zone).some(known => known.endsWith(`.${name}`));
}

function own(name: string, type: Type, records: Records): Found['answers'] {
  const values = records[type] ?? [];
  return [values].flat().map(value => ({ name, type, value }));
}

function encode(name: string, type: Type, value: string): Buffer {
  const data = DATA[type](value);
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(TYPES[type], 0);
  fixed.writeUInt16BE(1, 2);
  fixed.writeUInt32BE(60, 4);
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([nameBytes(name), fixed, data]);
}

const short = (text: string): Buffer => Buffer.concat([Buffer.from([Buffer.byteLength(text)]), Buffer.from(text)]);
const nameBytes = (name: string): Buffer => Buffer.concat([...name.split('.').map(short), Buffer.from([0])]);

const DATA: Record<Type, (value: string) => Buffer> = {
  A: value => Buffer.from(value.split('.').map(Number)),
  AAAA: value => addressBytes(value),
  CNAME: nameBytes,
  TXT: short,
  CAA: value => {
    const [, flags = '0', tag = '', text = ''] = /^(\d+) (\S+) (.*)$/.exec(value) ?? [];
    return Buffer.concat([Buffer.from([Number(flags)]), short(tag), Buffer.from(text)]);
  },
};

function addressBytes(address: string): Buffer {
  const [head = '', tail = ''] = address.split('::');
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map(group => Number.parseInt(group, 16));
  const [front, back] = [groups(head), groups(tail)];
  const all = [...front, ...Array<number>(8 - front.length - back.length).fill(0), ...back];
  return Buffer.from(all.flatMap(group => [group >> 8, group & 0xff]));
}
