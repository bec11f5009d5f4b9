import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CaPair, CaStore } from './development-ca.ts';

/** The development CA as two files, `ca.crt` and `ca.key`; the key is readable by its owner only. */

export const caFile = (directory: string): string => join(directory, 'ca.crt');

export function caFiles(directory: string): CaStore {
  return {
    async load() {
      const [cert, key] = await Promise.all(['ca.crt', 'ca.key'].map(name => readIfThere(join(directory, name))));
      return cert === undefined || key === undefined ? undefined : { cert, key };
    },
    async save({ cert, key }: CaPair) {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      for (const [name, text] of [
        ['ca.key', key],
        ['ca.crt', cert],
      ] as const) {
        await writeFile(join(directory, `.${name}`), text, { mode: name === 'ca.key' ? 0o600 : 0o644 });
        await rename(join(directory, `.${name}`), join(directory, name));
      }
    },
  };
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
