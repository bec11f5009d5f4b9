import { XmlError } from './xml-error.ts';

/**
 * The tokens of XML 1.0 (fifth edition), as far as we read XML: elements, attributes, text, character data sections,
 * comments. What is left out (document type, instructions, entities of one's own) is refused here by name. Each pattern
 * is tried at one place only, so the work is linear in the text. A test compares it with saxes.
 */

export interface RawAttribute {
  prefix: string;
  local: string;
  /** Normalized (section 3.3.3), references resolved. */
  value: string;
}

export interface TokenSink {
  open(prefix: string, local: string, attributes: RawAttribute[]): void;
  close(): void;
  text(text: string): void;
  comment(): void;
}

/** Sections 2.3 and, for the colon, Namespaces section 3. */
const START =
  'A-Z_a-z\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF\\u200C\\u200D\\u2070-\\u218F' +
  '\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD\\u{10000}-\\u{EFFFF}';
const NAME = `[${START}][${START}.0-9\\u00B7\\u0300-\\u036F\\u203F\\u2040\\-]*`;
const QUALIFIED = `(?:(${NAME}):)?(${NAME})`;
const SPACE = '[ \\t\\n]';

const DECLARATION = new RegExp(
  `<\\?xml${SPACE}+version${SPACE}*=${SPACE}*(["'])([^"']*)\\1` +
    `(?:${SPACE}+encoding${SPACE}*=${SPACE}*(["'])([^"']*)\\3)?` +
    `(?:${SPACE}+standalone${SPACE}*=${SPACE}*(["'])(?:yes|no)\\5)?${SPACE}*\\?>`,
  'uy',
);
const OPEN = new RegExp(`<${QUALIFIED}`, 'uy');
const ATTRIBUTE = new RegExp(`${SPACE}+${QUALIFIED}${SPACE}*=${SPACE}*(?:"([^<"]*)"|'([^<']*)')`, 'uy');
const TAG_END = new RegExp(`${SPACE}*(/?)>`, 'uy');
const CLOSE = new RegExp(`</(${NAME}(?::${NAME})?)${SPACE}*>`, 'uy');

/** Section 2.2. */
const NO_CHARACTER = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;
const REFERENCE = /&(?:#([0-9]{1,7})|#x([0-9A-Fa-f]{1,6})|(amp|lt|gt|quot|apos));|&/g;
const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Throws XmlError. The limits are those of the sink and of its caller. */
export function scan(document: string, sink: TokenSink): void {
  // Section 2.11: what is no line end any more can only come from a reference.
  const text = document.includes('\r') ? document.replaceAll(/\r\n?/g, '\n') : document;
  if (NO_CHARACTER.test(text)) throw malformed();
  new Scanner(text, sink).run();
}

class Scanner {
  private readonly source: string;
  private readonly sink: TokenSink;
  /** Names of the open elements, as written. */
  private readonly names: string[] = [];
  private at = 0;
  private hasRoot = false;

  constructor(source: string, sink: TokenSink) {
    this.source = source;
    this.sink = sink;
  }

  run(): void {
    this.declaration();
    while (this.at < this.source.length) this.token();
    if (!this.hasRoot || this.names.length > 0) throw malformed();
  }

  private declaration(): void {
    if (!/^<\?xml[ \t\n]/.test(this.source)) return;
    const [, , version, , encoding] = this.match(DECLARATION) ?? refuse('Declaration', 'the XML declaration is wrong');
    if (version !== '1.0') refuse('Declaration', 'only XML 1.0 is read');
    if (encoding !== undefined && encoding.toLowerCase() !== 'utf-8') refuse('Declaration', 'only UTF-8 is read');
  }

  private token(): void {
    if (this.source[this.at] !== '<') return this.characters();
    const next = this.source[this.at + 1];
    if (next === '/') return this.close();
    if (next === '!') return this.marked();
    if (next === '?') refuse('ProcessingInstruction', 'an instruction is not allowed');
    this.open();
  }

  private characters(): void {
    const end = this.source.indexOf('<', this.at);
    const raw = this.source.slice(this.at, end < 0 ? undefined : end);
    this.at += raw.length;
    if (raw.includes(']]>')) throw malformed();
    this.emit(raw, resolve(raw));
  }

  /** Outside the root there is white space and nothing else; a reference to a space is something else. */
  private emit(raw: string, text: string): void {
    if (this.names.length > 0) this.sink.text(text);
    else if (/[^ \t\n]/.test(raw)) throw malformed();
  }

  private marked(): void {
    if (this.source.startsWith('<!--', this.at)) return this.comment();
    if (this.source.startsWith('<!DOCTYPE', this.at)) refuse('DocumentType', 'a document type is not allowed');
    const begin = '<![CDATA[';
    const end = this.source.indexOf(']]>', this.at);
    if (!this.source.startsWith(begin, this.at) || end < 0 || this.names.length === 0) throw malformed();
    this.sink.text(this.source.slice(this.at + begin.length, end));
    this.at = end + 3;
  }

  /** Section 2.5: no `--` within. */
  private comment(): void {
    const end = this.source.indexOf('--', this.at + 4);
    if (end < 0 || this.source[end + 2] !== '>') throw malformed();
    this.sink.comment();
    this.at = end + 3;
  }

  private open(): void {
    const [whole, prefix = '', local = ''] = this.match(OPEN) ?? refuseMalformed();
    if (this.names.length === 0 && this.hasRoot) throw malformed();
    this.hasRoot = true;
    const attributes = this.attributes();
    const [, empty] = this.match(TAG_END) ?? refuseMalformed();
    this.sink.open(prefix, local, attributes);
    if (empty === '/') this.sink.close();
    else this.names.push(whole.slice(1));
  }

  private attributes(): RawAttribute[] {
    const attributes: RawAttribute[] = [];
    for (let found = this.match(ATTRIBUTE); found !== undefined; found = this.match(ATTRIBUTE)) {
      const [, prefix = '', local = '', double, single] = found;
      attributes.push({ prefix, local, value: normalize(double ?? single ?? '') });
    }
    return attributes;
  }

  private close(): void {
    const [, name] = this.match(CLOSE) ?? refuseMalformed();
    if (name !== this.names.pop()) throw malformed();
    this.sink.close();
  }

  private match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.source);
    if (found === null) return undefined;
    this.at = pattern.lastIndex;
    return found;
  }
}

/** Section 3.3.3: white space as written becomes a space, by reference it stays what it is. */
function normalize(raw: string): string {
  return resolve(/[\t\n]/.test(raw) ? raw.replaceAll(/[\t\n]/g, ' ') : raw);
}

function resolve(raw: string): string {
  if (!raw.includes('&')) return raw;
  return raw.replaceAll(REFERENCE, (_whole, decimal?: string, hexadecimal?: string, name?: string) => {
    if (name !== undefined) return NAMED[name] ?? refuseMalformed();
    const code = decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number(decimal);
    if (Number.isNaN(code) || code > 0x10_ffff) throw malformed();
    const character = String.fromCodePoint(code);
    if (NO_CHARACTER.test(character)) throw malformed();
    return character;
  });
}

function malformed(): XmlError {
  return new XmlError('NotWellFormed', 'the document is not well-formed XML');
}

function refuseMalformed(): never {
  throw malformed();
}

function refuse(code: XmlError['code'], message: string): never {
  throw new XmlError(code, message);
}
