import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPerson, type Page, type Person } from './person.ts';
import { freePort, type Program, ROOT, startProgram, until } from './program.ts';

/** `sso dev` over a copy of the quickstart, on free ports, with a state folder of its own. */

export interface LocalMode extends AsyncDisposable {
  program: Program;
  /** The YAML that it serves. */
  directory: string;
  state: string;
  port: number;
  demoOrigin: string;
  /** PEM of the development CA. */
  ca: string;
  /** Starts again over the same folders; the old one has to be gone. */
  restart(): Promise<void>;
  /** Replaces text in a file of the folder; throws when it is not there. */
  edit(file: string, from: string, to: string): Promise<void>;
  person(): Person;
}

const DEMO_PORT = /demo\.localhost:8444/g;

export async function startLocalMode(): Promise<LocalMode> {
  const folder = await mkdtemp(join(tmpdir(), 'sso-local-'));
  const directory = join(folder, 'yaml');
  const state = join(folder, 'state');
  const [port, demoPort] = [await freePort(), await freePort()];
  await cp(join(ROOT, 'crds', 'examples', 'quickstart'), directory, { recursive: true });
  for (const name of await readdir(directory)) {
    const text = await readFile(join(directory, name), 'utf8');
    await writeFile(join(directory, name), text.replaceAll(DEMO_PORT, `demo.localhost:${demoPort}`));
  }
  const ports = ['--port', String(port), '--demo-port', String(demoPort)];
  const start = (): Program => startProgram(['operator/cli/main.ts', 'dev', directory, '--state', state, ...ports], {});
  const mode: LocalMode = {
    program: start(),
    directory,
    state,
    port,
    demoOrigin: `https://demo.localhost:${demoPort}`,
    ca: '',
    async restart() {
      mode.program = start();
      await ready(mode);
    },
    async edit(file, from, to) {
      const path = join(directory, file);
      const text = await readFile(path, 'utf8');
      if (!text.includes(from)) throw new Error(`${file} does not hold ${from}`);
      await writeFile(path, text.replace(from, to));
    },
    person: () => createPerson({ ca: mode.ca }),
    async [Symbol.asyncDispose]() {
      await mode.program.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await ready(mode);
  return mode;
}

async function ready(mode: LocalMode): Promise<void> {
  let isGone = false;
  void mode.program.exited.then(() => (isGone = true));
  await until('local mode is ready', async () => isGone || mode.program.output().includes('Ready after') || undefined);
  if (isGone) throw new Error(`it ended:\n${mode.program.output()}`);
  mode.ca = await readFile(join(mode.state, 'ca', 'ca.crt'), 'utf8');
}

/** From the demo app to whatever page comes after the password: claims, consent or a refusal. */
export async function signIn(
  mode: LocalMode,
  person: Person,
  who: { client: string; username: string; password: string },
): Promise<Page> {
  const page = await person.open(
    `${mode.demoOrigin}/sign-in?${new URLSearchParams({ client: who.client }).toString()}`,
  );
  return person.submit(page, { username: who.username, password: who.password }, 'password');
}
