import type { Verdict } from '#crds/schema/conditions.ts';
import { deviationsOf, type IngressDriver } from '#operator/render/drivers/driver.ts';
import { driverOf, SUPPORTED } from '#operator/render/drivers/index.ts';
import type { Ingress } from '#operator/render/ingress.ts';
import { tlsPolicyOf } from '#operator/render/tls-policy.ts';
import {
  type Controller,
  type IngressCase,
  judgeAddresses,
  judgeIngressTls,
  NOT_EXPOSED,
  refuseController,
} from '#operator/rules/exposure.ts';
import { good } from '#operator/rules/verdict.ts';
import { ELSEWHERE } from './tenant-certificate.ts';
import type { TenantScene } from './tenant-gather.ts';

/** Joins what a tenant asks of an ingress with who handles its class here. */

/** The driver of the class; undefined where something stands against an Ingress of it. */
export function fitDriver(scene: TenantScene): IngressDriver | undefined {
  return refuseController(caseOf(scene)) === undefined ? driverOf(scene.ingressClass?.spec?.controller) : undefined;
}

function caseOf({ tenant, ingressClass }: TenantScene): IngressCase {
  const className = tenant.spec.exposure?.ingress?.className ?? '';
  return { className, controller: controllerOf(ingressClass), supported: SUPPORTED };
}

function controllerOf(ingressClass: TenantScene['ingressClass']): Controller {
  if (ingressClass === undefined) return { kind: 'missing' };
  const controller = ingressClass.spec?.controller;
  const driver = driverOf(controller);
  if (driver === undefined) return { kind: 'unsupported', controller: controller ?? 'without a name' };
  return { kind: 'supported', name: driver.name, deviations: deviationsOf(driver), note: driver.note };
}

/** The IdP that has loaded the document does what it says; whether it has is in Programmed. */
export function judgeTls(scene: TenantScene): Verdict {
  const policy = tlsPolicyOf(scene.tenant.spec);
  if (scene.exposure === 'none') return ELSEWHERE;
  if (scene.exposure === 'ingress') return refuseController(caseOf(scene)) ?? judgeIngressTls(caseOf(scene), policy);
  return good(`The identity provider ends TLS with profile ${policy.profile}, TLS ${policy.minVersion} or newer.`);
}

/** `ingress`: the one that is live now. */
export function judgeExposed(scene: TenantScene, ingress: Ingress | undefined): Verdict {
  const { exposure, tenant } = scene;
  if (exposure !== 'ingress') return tenant.spec.exposure?.ingress ? NOT_EXPOSED.local : NOT_EXPOSED[exposure];
  const refusal = refuseController(caseOf(scene));
  if (refusal !== undefined) return refusal;
  if (ingress === undefined) return NOT_EXPOSED.waiting;
  const entries = ingress.status?.loadBalancer?.ingress ?? [];
  const addresses = entries.map(({ hostname, ip }) => hostname ?? ip).filter(it => it !== undefined);
  return judgeAddresses(ingress.spec.ingressClassName ?? '', addresses);
}
