/** The demo app's one stylesheet: the same calm language as the pages of the identity provider, on a wider column. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --canvas: light-dark(#f3f4f7, #101218);
  --card: light-dark(#ffffff, #191c24);
  --line: light-dark(#dfe2e8, #2c313c);
  --control-line: light-dark(#868e9c, #747d8e);
  --text: light-dark(#1a1d24, #eceef3);
  --quiet: light-dark(#555d6b, #a6adbb);
  --accent: light-dark(#2451b8, #8fb1ff);
  --accent-strong: light-dark(#1b3f93, #b1c8ff);
  --on-accent: light-dark(#ffffff, #0d1836);
}
* { box-sizing: border-box; }
body { margin: 0; padding: 1.5rem 1rem 2rem; min-height: 100vh; background: var(--canvas); color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
header, main, footer { max-width: 42rem; margin: 0 auto; }
footer { margin-top: 1.5rem; padding: 0 .25rem; color: var(--quiet); font-size: .875rem; }
.brand { display: inline-flex; align-items: center; gap: .75rem; padding: 0 .25rem; color: inherit; font-weight: 600;
  text-decoration: none; }
.brand span { display: grid; place-items: center; width: 2.25rem; height: 2.25rem; border-radius: .625rem;
  color: var(--on-accent); background: var(--accent); }
h1 { margin: 1.75rem 0 .25rem; font-size: 1.75rem; line-height: 1.2; letter-spacing: -.01em; text-wrap: balance;
  overflow-wrap: anywhere; }
h2 { margin: 0; font-size: 1.125rem; }
.eyebrow { margin: 1.75rem 0 -1.5rem; color: var(--quiet); }
.lead { margin: 0 0 1.5rem; color: var(--quiet); overflow-wrap: anywhere; }
.quiet { margin: 0; color: var(--quiet); font-size: .875rem; overflow-wrap: anywhere; }
section, details { margin-bottom: 1rem; padding: 1.25rem 1.5rem; border: 1px solid var(--line); border-radius: 1rem;
  background: var(--card); }
.apps { list-style: none; margin: 1rem 0 0; padding: 0; }
.apps li { display: flex; flex-wrap: wrap; gap: .75rem; align-items: center; justify-content: space-between;
  padding: .75rem 0; border-top: 1px solid var(--line); }
.apps li:last-child { padding-bottom: 0; }
.apps strong, .apps .quiet { display: block; }
.button { display: inline-flex; align-items: center; justify-content: center; min-height: 2.875rem; padding: 0 1.25rem;
  border: 1px solid transparent; border-radius: .625rem; background: var(--accent); color: var(--on-accent); font: inherit;
  font-weight: 600; text-decoration: none; cursor: pointer; }
.button:hover { background: var(--accent-strong); }
.button.second { border-color: var(--control-line); background: transparent; color: var(--text); }
.button.second:hover { border-color: var(--text); }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; margin: 0 0 1.5rem; }
dl { margin: .75rem 0 0; }
.claim { display: grid; grid-template-columns: minmax(0, 2fr) minmax(0, 3fr); gap: .25rem 1.5rem; padding: .625rem 0;
  border-top: 1px solid var(--line); }
.claim:last-child { padding-bottom: 0; }
dt .quiet { display: block; }
dd { margin: 0; overflow-wrap: anywhere; }
code, pre { font: .875rem/1.5 ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, monospace; }
pre { margin: .75rem 0 0; white-space: pre-wrap; overflow-wrap: anywhere; }
summary { min-height: 1.5rem; cursor: pointer; font-weight: 600; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: .25rem; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 30rem) {
  body { padding: 1rem .75rem 2rem; }
  section, details { padding: 1.25rem; }
  .claim { grid-template-columns: minmax(0, 1fr); }
  .apps .button, .actions .button { width: 100%; }
}
@media (forced-colors: active) { .brand span, .button { border: 1px solid; } }
`;
