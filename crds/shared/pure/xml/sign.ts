import { createHash, type KeyObject } from 'node:crypto';
import { canonicalize } from './canonical.ts';
import { signRsa } from './rsa.ts';
import { DS, ENVELOPED, EXCLUSIVE, SIGNING, type SigningAlgorithm } from './signature-names.ts';
import { attributeOf, type XmlElement } from './tree.ts';
import { element } from './write.ts';

/**
 * An enveloped signature over a tree of our own making (SAML Core, section 5.4). The tree is written by the same
 * canonicalization that is digested here, so what is sent is what was signed.
 */

export interface SigningKey {
  /** Private, RSA, 2048 bits or more. */
  key: KeyObject;
  /** DER in base64, without line breaks. */
  certificate: string;
}

export interface SignOptions {
  algorithm: SigningAlgorithm;
  /** How many children stand before the Signature: the schemas want it behind the Issuer, or first of all. */
  behind: number;
}

/** The same element with its Signature. Throws XmlError KeyNotRsa. */
export function signEnveloped(unsigned: XmlElement, by: SigningKey, { algorithm, behind }: SignOptions): XmlElement {
  const signature = makeSignature(unsigned, by, algorithm);
  return { ...unsigned, children: unsigned.children.toSpliced(behind, 0, signature) };
}

function makeSignature(unsigned: XmlElement, by: SigningKey, algorithm: SigningAlgorithm): XmlElement {
  const names = SIGNING[algorithm];
  const digest = createHash(names.hash).update(canonicalize(unsigned)).digest('base64');
  const signedInfo = element(DS, 'SignedInfo', {}, [
    element(DS, 'CanonicalizationMethod', { Algorithm: EXCLUSIVE }),
    element(DS, 'SignatureMethod', { Algorithm: names.signature }),
    element(DS, 'Reference', { URI: `#${attributeOf(unsigned, 'ID') ?? ''}` }, [
      element(DS, 'Transforms', {}, [
        element(DS, 'Transform', { Algorithm: ENVELOPED }),
        element(DS, 'Transform', { Algorithm: EXCLUSIVE }),
      ]),
      element(DS, 'DigestMethod', { Algorithm: names.digest }),
      element(DS, 'DigestValue', {}, [digest]),
    ]),
  ]);
  const value = signRsa(names.hash, Buffer.from(canonicalize(signedInfo)), by.key);
  return element(DS, 'Signature', {}, [
    signedInfo,
    element(DS, 'SignatureValue', {}, [value]),
    element(DS, 'KeyInfo', {}, [element(DS, 'X509Data', {}, [element(DS, 'X509Certificate', {}, [by.certificate])])]),
  ]);
}
