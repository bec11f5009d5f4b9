import assert from 'node:assert/strict';
import { createPublicKey, createVerify, X509Certificate } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import type { Page } from './person.ts';
import { NO_SCHEMAS, NO_XMLSEC, schemaCheck, xmlsecVerify } from './xml-tools.ts';

/** A SAML message on its way through a browser: in an address, or in the form of a page. */

export type BindingName = 'Redirect' | 'POST';

export interface SamlSent {
  binding: BindingName;
  parameter: 'SAMLRequest' | 'SAMLResponse';
  /** Where it goes. */
  address: URL;
  /** As they travel: of the form, or of the query. */
  fields: Record<string, string>;
  xml: string;
}

/** What a page, or a redirect at which a walk stopped, takes to an application. Throws where it takes nothing. */
export function messageOf({ status, url, body }: Pick<Page, 'status' | 'url' | 'body'>): SamlSent {
  const isRedirect = status >= 300 && status < 400;
  return isRedirect ? sent('Redirect', url, Object.fromEntries(url.searchParams)) : messageOfForm(body, url);
}

/** A form somewhere in a page: that of the identity provider, or one that a library made. */
export function messageOfForm(html: string, base?: URL): SamlSent {
  const action = /<form\b[^>]*\baction="([^"]*)"/.exec(html)?.[1];
  const inputs = [...html.matchAll(/<input\b[^>]*\bname="([^"]*)"[^>]*\bvalue="([^"]*)"/g)];
  const fields = Object.fromEntries(inputs.map(([, name = '', value = '']) => [name, decode(value)]));
  if (action === undefined) throw new Error(`no form in ${html.slice(0, 2000)}`);
  return sent('POST', new URL(decode(action), base), fields);
}

function parameterOf(fields: Record<string, string>): SamlSent['parameter'] | undefined {
  return (['SAMLRequest', 'SAMLResponse'] as const).find(name => name in fields);
}

function sent(binding: BindingName, address: URL, fields: Record<string, string>): SamlSent {
  const parameter = parameterOf(fields);
  if (parameter === undefined) throw new Error(`no SAML message for ${address.href}`);
  const bytes = Buffer.from(fields[parameter] ?? '', 'base64');
  return { binding, parameter, address, fields, xml: String(binding === 'POST' ? bytes : inflateRawSync(bytes)) };
}

const ENTITIES: Record<string, string> = { amp: '&', quot: '"', '#39': "'", apos: "'", lt: '<', gt: '>', '#13': '\r' };

const decode = (text: string): string => text.replaceAll(/&([a-z]+|#\d+);/g, (all, name) => ENTITIES[name] ?? all);

const PROTOCOL = 'urn:oasis:names:tc:SAML:2.0:protocol';
const ASSERTION = 'urn:oasis:names:tc:SAML:2.0:assertion';

/** Judges that are not ours: the OASIS schemas, xmlsec1 for what is signed inside, OpenSSL for what is signed outside. */
export async function assertSound(message: SamlSent, certificatePem: string): Promise<void> {
  if (NO_SCHEMAS === false) {
    const schema = await schemaCheck(message.xml, 'protocol');
    assert.ok(schema.ok, `${schema.output}\n${message.xml}`);
  }
  if (message.binding === 'Redirect') return assertSignedOutside(message, certificatePem);
  const root = /^<(?:\w+:)?(\w+)/.exec(message.xml)?.[1] ?? '';
  await assertSignedInside(message.xml, certificatePem, `${PROTOCOL}:${root}`, `/*[local-name()='${root}']`);
  if (/<(\w+:)?Assertion\b/.test(message.xml))
    await assertSignedInside(message.xml, certificatePem, `${ASSERTION}:Assertion`, "/*/*[local-name()='Assertion']");
}

async function assertSignedInside(xml: string, certificatePem: string, element: string, path: string): Promise<void> {
  if (NO_XMLSEC !== false) return;
  const { ok, output } = await xmlsecVerify(xml, certificatePem, element, `${path}/*[local-name()='Signature']`);
  assert.ok(ok, `${element}: ${output}\n${xml}`);
}

/** Bindings, section 3.4.4.1: over the octets of the query as they travel, in this order. */
function assertSignedOutside({ address, parameter, fields }: SamlSent, certificatePem: string): void {
  const given = address.search.slice(1).split('&');
  const names = [parameter, 'RelayState', 'SigAlg'];
  const signed = names.flatMap(name => given.find(pair => pair.startsWith(`${name}=`)) ?? []).join('&');
  assert.match(fields['SigAlg'] ?? '', /#rsa-sha(256|384|512)$/);
  const digest = (fields['SigAlg'] ?? '').replace(/^.*#rsa-/, '');
  const key = createPublicKey(new X509Certificate(certificatePem).publicKey.export({ type: 'spki', format: 'pem' }));
  const isGood = createVerify(digest)
    .update(signed)
    .verify(key, fields['Signature'] ?? '', 'base64');
  assert.ok(isGood, `the signature of ${address.href} is wrong`);
}
