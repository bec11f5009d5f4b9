import { spawn } from 'node:child_process';

/** Runs every test in the order of its speed. The last step finds or builds a Kubernetes API server and says so. */

const STEPS = ['test:unit', 'test:chart', 'test:cluster', 'test:system'];

function run(script: string): Promise<number> {
  console.log(`\n== ${script}`);
  return new Promise(resolve => {
    spawn('npm', ['run', '--silent', script], { stdio: 'inherit' }).on('exit', code => resolve(code ?? 1));
  });
}

for (const step of STEPS) {
  const code = await run(step);
  if (code !== 0) process.exit(code);
}
