import {
  type Document,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
} from 'yaml';
import { differences } from './yaml-versions.ts';

/** YAML text -> documents that still know the line and column of every field. Knows nothing of Kubernetes. */

/** Both count from 1. */
export interface Place {
  line: number;
  column: number;
}

interface YamlProblem extends Place {
  message: string;
}

export interface YamlDocument {
  value: unknown;
  /** Where the field of this path stands, or the nearest thing above it that is there. */
  place: (path: readonly (string | number)[]) => Place;
}

export interface YamlReading {
  /** Without the empty ones. */
  documents: YamlDocument[];
  problems: YamlProblem[];
}

const OPTIONS = { prettyErrors: false, stringKeys: false } as const;

export function readYaml(text: string): YamlReading {
  const lines = new LineCounter();
  const modern = asList(parseAllDocuments(text, { ...OPTIONS, version: '1.2', lineCounter: lines }));
  const old = asList(parseAllDocuments(text, { ...OPTIONS, version: '1.1' }));
  const found = modern.flatMap((document, at) => [
    ...document.errors.map(({ pos, message }) => ({ offset: pos[0], message })),
    ...differences(document, old[at] ?? document),
  ]);
  const at = (offset: number): Place => ({ line: lines.linePos(offset).line, column: lines.linePos(offset).col });
  const problems = found.map(({ offset, message }) => ({ ...at(offset), message }));
  const reading: YamlReading = { documents: [], problems };
  if (problems.length === 0) for (const document of modern) locate(document, at, reading);
  return reading;
}

type Documents = ReturnType<typeof parseAllDocuments>;

/** An empty stream is an array of another type. */
const asList = (documents: Documents): Document.Parsed[] => [...documents] as Document.Parsed[];

function locate(document: Document.Parsed, at: (offset: number) => Place, reading: YamlReading): void {
  const { contents } = document;
  if (contents === null) return;
  try {
    const value: unknown = document.toJS();
    if (value !== null) reading.documents.push({ value, place: path => at(offsetOf(contents, path)) });
  } catch (error) {
    // An alias of nothing, or aliases of aliases that would grow without end.
    reading.problems.push({
      ...at(startOf(contents)),
      message: error instanceof Error ? error.message : String(error),
    });
  }
}

function offsetOf(root: Node, path: readonly (string | number)[]): number {
  let offset = startOf(root);
  let node: unknown = root;
  for (const part of path) {
    const child = childOf(node, part);
    if (child === undefined) break;
    node = isPair(child) ? child.value : child;
    offset = startOf(child);
  }
  return offset;
}

/** A scalar is found at its value, anything larger at its key. */
function startOf(node: Pair | Node): number {
  const shown = isPair(node) ? (isScalar(node.value) ? node.value : node.key) : node;
  return (shown as Node | null)?.range?.[0] ?? 0;
}

function childOf(node: unknown, part: string | number): Pair | Node | undefined {
  if (isSeq(node)) return node.items[Number(part)] as Node | undefined;
  if (!isMap(node)) return undefined;
  return node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
}
