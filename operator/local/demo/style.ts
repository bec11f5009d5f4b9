/** The demo app's one stylesheet: the same calm language as the pages of the identity provider. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: light-dark(#f4f5f7, #14161a);
  --card: light-dark(#ffffff, #1e2126);
  --text: light-dark(#16191d, #eceef1);
  --quiet: light-dark(#565e69, #a3abb6);
  --line: light-dark(#d9dde3, #363b43);
  --accent: light-dark(#1f5fbf, #8ab4f8);
  --on-accent: light-dark(#ffffff, #0d1b30);
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: flex; flex-direction: column; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
header, main, footer { width: 100%; max-width: 44rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 1.5rem; }
main { flex: 1; padding-top: 1rem; padding-bottom: 2rem; }
footer { padding-top: 1rem; padding-bottom: 2rem; color: var(--quiet); font-size: .875rem; }
.brand { display: inline-flex; align-items: center; gap: .625rem; min-height: 2rem; color: inherit; font-weight: 600;
  text-decoration: none; }
.brand span { width: 1rem; height: 1rem; border-radius: .25rem; background: var(--accent); }
h1 { margin: .5rem 0; font-size: 1.75rem; line-height: 1.2; text-wrap: balance; }
h2 { margin: 0; font-size: 1.125rem; }
.lead { margin: 0 0 1.5rem; color: var(--quiet); }
.quiet { color: var(--quiet); font-size: .875rem; margin: 0; overflow-wrap: anywhere; }
section, details { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1.25rem;
  margin-bottom: 1rem; }
.apps { list-style: none; margin: .75rem 0 0; padding: 0; }
.apps li { display: flex; flex-wrap: wrap; gap: .75rem; align-items: center; justify-content: space-between;
  padding: .75rem 0; border-top: 1px solid var(--line); }
.apps li:last-child { padding-bottom: 0; }
.apps .quiet { display: block; }
.button { display: inline-flex; align-items: center; min-height: 2.75rem; padding: 0 1.125rem; border-radius: .5rem;
  border: 1px solid var(--accent); background: var(--accent); color: var(--on-accent); font: inherit; font-weight: 600;
  text-decoration: none; cursor: pointer; }
.button.second { background: transparent; color: var(--accent); border-color: var(--line); }
.button:hover { filter: brightness(1.08); }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.5rem 0 0; }
dl { margin: .5rem 0 0; }
.claim { display: grid; grid-template-columns: minmax(0, 2fr) minmax(0, 3fr); gap: .25rem 1.25rem; padding: .625rem 0;
  border-top: 1px solid var(--line); }
.claim:first-child { border-top: 0; }
dt .quiet { display: block; }
dd { margin: 0; overflow-wrap: anywhere; }
code, pre { font: .875rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
pre { margin: .75rem 0 0; white-space: pre-wrap; overflow-wrap: anywhere; }
summary { min-height: 1.5rem; cursor: pointer; font-weight: 600; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: .25rem; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 30rem) { .claim { grid-template-columns: 1fr; } .apps .button { width: 100%; justify-content: center; } }
`;
