import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Independent judges of XML: xmlsec1 for signatures, xmllint with the OASIS schemas for structure. Not ours, not Node. */

const SCHEMAS = '/usr/share/xml/opensaml';
const PROTOCOL_SCHEMA = join(SCHEMAS, 'saml-schema-protocol-2.0.xsd');

function has(command: string): boolean {
  return (process.env.PATH ?? '').split(':').some(folder => existsSync(join(folder, command)));
}

export const NO_XMLSEC = !has('xmlsec1') && 'xmlsec1 is missing: apt-get install xmlsec1';
export const NO_SCHEMAS =
  (!has('xmllint') || !existsSync(PROTOCOL_SCHEMA)) &&
  'the schemas are missing: apt-get install libxml2-utils opensaml-schemas xmltooling-schemas';

export interface Verdict {
  ok: boolean;
  output: string;
}

async function run(command: string, args: string[], cwd: string, env: Record<string, string> = {}): Promise<Verdict> {
  return new Promise(resolve => {
    const options = { cwd, env: { ...process.env, ...env }, maxBuffer: 16 * 1024 * 1024 };
    execFile(command, args, options, (error, stdout, stderr) => {
      resolve({ ok: error === null, output: `${stdout}${stderr}` });
    });
  });
}

async function inFolder<T>(files: Record<string, string>, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'sso-operator-xml-'));
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** `element` names what bears the ID, such as `urn:oasis:names:tc:SAML:2.0:assertion:Assertion`. */
export function xmlsecVerify(xml: string, certificatePem: string, element: string, xpath?: string): Promise<Verdict> {
  const where = xpath === undefined ? [] : ['--node-xpath', xpath];
  return inFolder({ 'in.xml': xml, 'cert.pem': certificatePem }, folder =>
    run('xmlsec1', ['--verify', '--pubkey-cert-pem', 'cert.pem', '--id-attr:ID', element, ...where, 'in.xml'], folder),
  );
}

/** Fills in the template of a Signature inside `xml`. */
export async function xmlsecSign(xml: string, keyPem: string, element: string): Promise<string> {
  return inFolder({ 'in.xml': xml, 'key.pem': keyPem }, async folder => {
    const args = ['--sign', '--privkey-pem', 'key.pem', '--id-attr:ID', element, 'in.xml'];
    const { ok, output } = await run('xmlsec1', args, folder);
    if (!ok) throw new Error(`xmlsec1 could not sign: ${output}`);
    return output;
  });
}

/** Exclusive canonicalization by libxml2. */
export function xmllintCanonical(xml: string): Promise<Verdict> {
  return inFolder({ 'in.xml': xml }, folder => run('xmllint', ['--exc-c14n', 'in.xml'], folder));
}

/** The schemas import each other by addresses on the web; this maps them to the files of the packages. */
const TOOLING = '/usr/share/xml/xmltooling';
const MAPPED = {
  'http://www.w3.org/TR/2002/REC-xmldsig-core-20020212/xmldsig-core-schema.xsd': `${TOOLING}/xmldsig-core-schema.xsd`,
  'http://www.w3.org/TR/xmldsig-core/xmldsig-core-schema.xsd': `${TOOLING}/xmldsig-core-schema.xsd`,
  'http://www.w3.org/TR/2002/REC-xmlenc-core-20021210/xenc-schema.xsd': `${TOOLING}/xenc-schema.xsd`,
  'http://www.w3.org/2001/xml.xsd': `${TOOLING}/xml.xsd`,
};
const CATALOG = `<catalog xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog">${Object.entries(MAPPED)
  .map(
    ([address, file]) =>
      `<system systemId="${address}" uri="file://${file}"/><uri name="${address}" uri="file://${file}"/>`,
  )
  .join('')}</catalog>`;

const SCHEMA_OF = {
  protocol: PROTOCOL_SCHEMA,
  metadata: join(SCHEMAS, 'saml-schema-metadata-2.0.xsd'),
} as const;

export function schemaCheck(xml: string, schema: keyof typeof SCHEMA_OF): Promise<Verdict> {
  const args = ['--nonet', '--noout', '--schema', SCHEMA_OF[schema], 'in.xml'];
  return inFolder({ 'in.xml': xml, 'catalog.xml': CATALOG }, folder =>
    run('xmllint', args, folder, { XML_CATALOG_FILES: join(folder, 'catalog.xml') }),
  );
}
