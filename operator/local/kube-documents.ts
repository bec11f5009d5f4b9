import { z } from 'zod';
import { API_VERSION, GROUP } from '#crds/schema/group.ts';
import { KINDS, type KubeObject, type Secret } from '#crds/schema/kinds.ts';
import { type Problem, pathText, validateResource } from '#crds/shared/pure/validate.ts';
import { CORE, type ResourceType } from '#crds/wire/cluster.ts';
import { type Place, readYaml, type YamlDocument } from './yaml-documents.ts';

/**
 * One file of YAML -> Kubernetes objects that were checked as `kubectl apply` would check them, or every problem with
 * its line and column. Kinds that local mode has no use for are left aside with a note.
 */

export interface FileProblem extends Place {
  file: string;
  message: string;
}

export interface SourceObject {
  type: ResourceType;
  object: KubeObject;
  file: string;
  place: YamlDocument['place'];
}

export interface FileReading {
  objects: SourceObject[];
  problems: FileProblem[];
  /** Such as `app.yaml:3: Deployment web is not for this tool`. */
  notes: string[];
}

/** What an object replaces, if anything: rules about change (immutable fields) need it. */
export type LiveObject = (type: ResourceType, object: KubeObject) => KubeObject | undefined;

export const OUR_TYPES: Readonly<Record<string, ResourceType>> = Object.fromEntries(
  Object.values(KINDS).map(({ kind, plural }) => [kind, { apiVersion: API_VERSION, kind, plural, namespaced: true }]),
);

const CORE_TYPES: Readonly<Record<string, ResourceType>> = {
  Namespace: CORE.namespaces,
  Secret: CORE.secrets,
  ConfigMap: CORE.configMaps,
};

const metadata = z.looseObject({
  name: z
    .string()
    .max(253)
    .regex(/^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/, 'must be lower case letters, digits, - and .'),
  // Part of a path in object-files.ts.
  namespace: z
    .string()
    .max(63)
    .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'must be lower case letters, digits and -')
    .optional(),
  labels: z.record(z.string(), z.string('must be a string: put it in quotes')).optional(),
  annotations: z.record(z.string(), z.string('must be a string: put it in quotes')).optional(),
});
const texts = z.record(z.string(), z.string('must be a string')).optional();
const head = { apiVersion: z.literal('v1'), metadata };

const CORE_SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  Namespace: z.looseObject({ ...head }),
  ConfigMap: z.strictObject({
    ...head,
    kind: z.string(),
    data: texts,
    binaryData: texts,
    immutable: z.boolean().optional(),
  }),
  Secret: z.strictObject({
    ...head,
    kind: z.string(),
    type: z.string().optional(),
    data: z.record(z.string(), z.base64('must be base64; use stringData for plain text')).optional(),
    stringData: texts,
    immutable: z.boolean().optional(),
  }),
};

export function readObjects(file: string, text: string, live: LiveObject): FileReading {
  const yaml = readYaml(text);
  const reading: FileReading = {
    objects: [],
    notes: [],
    problems: yaml.problems.map(problem => ({ file, ...problem })),
  };
  for (const document of yaml.documents) readDocument({ file, document, live }, reading);
  return reading;
}

interface Reading {
  file: string;
  document: YamlDocument;
  live: LiveObject;
}

function readDocument({ file, document, live }: Reading, reading: FileReading): void {
  const { place } = document;
  const { object, type, problems } = recognize(document.value, live);
  const lines = problems.map(({ path, message }) => ({ file, ...place(path), message: inWords(path, message) }));
  reading.problems.push(...lines);
  if (problems.length > 0 || object === undefined) return;
  if (type === undefined) reading.notes.push(`${file}:${place([]).line}: ${object.kind} is left aside`);
  else reading.objects.push({ type, object: type === CORE.secrets ? encoded(object) : object, file, place });
}

interface Recognized {
  object?: KubeObject;
  /** Absent: nothing that local mode knows. */
  type?: ResourceType;
  problems: Problem[];
}

const identity = z.looseObject({ apiVersion: z.string(), kind: z.string() });

function recognize(value: unknown, live: LiveObject): Recognized {
  const parsed = identity.safeParse(value);
  if (!parsed.success)
    return { problems: [{ path: [], message: 'not a Kubernetes object: apiVersion and kind are needed' }] };
  const { apiVersion, kind } = parsed.data;
  const isOurs = apiVersion.split('/')[0] === GROUP || kind in OUR_TYPES;
  const type = typeOf(apiVersion, kind, isOurs);
  if (type === undefined) return { object: value as KubeObject, problems: isOurs ? validateResource(value) : [] };
  const object = namespaced(type, value as KubeObject);
  return { object, type, problems: isOurs ? validateResource(object, live(type, object)) : checkCore(object) };
}

function typeOf(apiVersion: string, kind: string, isOurs: boolean): ResourceType | undefined {
  if (isOurs) return OUR_TYPES[kind];
  return apiVersion === 'v1' ? CORE_TYPES[kind] : undefined;
}

/** kubectl would take the namespace of its context. */
function namespaced(type: ResourceType, object: KubeObject): KubeObject {
  if (!type.namespaced || typeof object.metadata !== 'object' || object.metadata === null) return object;
  return { ...object, metadata: { ...object.metadata, namespace: object.metadata.namespace ?? 'default' } };
}

function checkCore(object: KubeObject): Problem[] {
  const parsed = CORE_SCHEMAS[object.kind]?.safeParse(object);
  return (parsed?.error?.issues ?? []).flatMap(issue => {
    const path = issue.path.map(part => (typeof part === 'symbol' ? String(part) : part));
    if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }];
    return issue.keys.map(key => ({ path: [...path, key], message: 'unknown field' }));
  });
}

/** `data` as on the wire: stringData wins and is encoded, as on the API server. */
function encoded(object: KubeObject): KubeObject {
  const { stringData = {}, data = {}, ...rest } = object as Secret & { stringData?: Record<string, string> };
  const plain = Object.entries(stringData).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
  return { type: 'Opaque', ...rest, data: { ...data, ...Object.fromEntries(plain) } } as KubeObject;
}

const inWords = (path: Problem['path'], message: string): string =>
  path.length === 0 ? message : `${pathText(path)}: ${message}`;
