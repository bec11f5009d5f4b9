import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { run } from './run.ts';

/**
 * Packs a root file system into an archive that `docker load`, `podman load`, `ctr images import` and
 * `kind load image-archive` take. One layer; the same files give the same archive.
 */

export interface ImageConfig {
  /** With its tag. */
  name: string;
  command: readonly string[];
  environment: Readonly<Record<string, string>>;
  /** Number of the user, also of the group. */
  user: number;
  directory: string;
}

const ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = { x64: 'amd64', arm64: 'arm64' };
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Neither who packed it nor when is in the archive. */
const ANONYMOUS = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--format=gnu'];

/** Writes `file`. Everybody may read the files of the layer, and only root owns them. */
export async function packImage(root: string, file: string, config: ImageConfig): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'sso-image-'));
  try {
    await run('tar', [...ANONYMOUS, '--mode=a+rX,go-w', '-C', root, '-cf', join(work, 'layer.tar'), '.'], work);
    const layer = await digest(join(work, 'layer.tar'));
    const text = JSON.stringify(describe(config, layer));
    const id = createHash('sha256').update(text).digest('hex');
    await rename(join(work, 'layer.tar'), join(work, `${layer}.tar`));
    await writeFile(join(work, `${id}.json`), text);
    const manifest = [{ Config: `${id}.json`, RepoTags: [config.name], Layers: [`${layer}.tar`] }];
    await writeFile(join(work, 'manifest.json'), JSON.stringify(manifest));
    await run('tar', [...ANONYMOUS, '-C', work, '-cf', file, 'manifest.json', `${id}.json`, `${layer}.tar`], work);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function describe({ command, environment, user, directory }: ImageConfig, layer: string): object {
  return {
    architecture: ARCHITECTURES[process.arch] ?? process.arch,
    os: 'linux',
    config: {
      Env: [`PATH=${PATH}`, ...Object.entries(environment).map(([name, value]) => `${name}=${value}`)],
      Cmd: command,
      User: `${user}:${user}`,
      WorkingDir: directory,
    },
    rootfs: { type: 'layers', diff_ids: [`sha256:${layer}`] },
  };
}

async function digest(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
