import type { Verdict } from '#crds/schema/conditions.ts';
import type { ConfigMap } from '#crds/schema/kinds.ts';
import { bad } from './verdict.ts';

/** Owns whether a ConfigMap that somebody brought has the text that is needed. */

export interface TextRef {
  name: string;
  key?: string | undefined;
}

export type BroughtText = { text: string } | { problem: Verdict };

/** By name, as far as they are there. */
export type ConfigMaps = ReadonlyMap<string, ConfigMap | undefined>;

export function readText(configMaps: ConfigMaps, ref: TextRef, defaultKey: string): BroughtText {
  const configMap = configMaps.get(ref.name);
  const key = ref.key ?? defaultKey;
  if (configMap === undefined) return missing(`ConfigMap ${ref.name} is not there. Create it; it is looked for again.`);
  const text = configMap.data?.[key];
  if (!text) return missing(`ConfigMap ${ref.name} has no key ${key} in data. Add it; it is looked for again.`);
  return { text };
}

function missing(message: string): BroughtText {
  return { problem: bad('ConfigMapNotFound', message) };
}
