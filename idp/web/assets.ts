import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';

/** The stylesheet, the script and the icon of the pages, each under the hash of its content and cached for a year. */

const FILES = {
  style: { file: 'site.css', type: 'text/css; charset=utf-8' },
  script: { file: 'site.js', type: 'text/javascript; charset=utf-8' },
  icon: { file: 'icon.svg', type: 'image/svg+xml' },
} as const;

type AssetName = keyof typeof FILES;

interface Asset {
  path: string;
  type: string;
  body: Buffer;
}

function load(name: AssetName): Asset {
  const { file, type } = FILES[name];
  const body = readFileSync(join(import.meta.dirname, 'pages', file));
  const hash = createHash('sha256').update(body).digest('base64url').slice(0, 12);
  return { path: `/assets/${hash}/${file}`, type, body };
}

export const ASSETS: Readonly<Record<AssetName, Asset>> = {
  style: load('style'),
  script: load('script'),
  icon: load('icon'),
};

const BY_FILE = new Map(Object.entries(FILES).map(([name, { file }]) => [file, ASSETS[name as AssetName]]));

/** Under another hash (a page of an older or newer replica) it is served too, for once. */
export function serveAsset(_req: IncomingMessage, res: ServerResponse, file: string, path: string): boolean {
  const asset = BY_FILE.get(file as 'site.css');
  if (asset === undefined) return false;
  res.setHeader('Content-Type', asset.type);
  res.setHeader('Content-Length', asset.body.length);
  res.setHeader('Cache-Control', path === asset.path ? 'public, max-age=31536000, immutable' : 'no-store');
  res.end(asset.body);
  return true;
}
