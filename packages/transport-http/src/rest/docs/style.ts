/** Light and dark, wide and narrow, on paper. All pairs of colours have a contrast of 4.5 or more. */
export const STYLE = `
:root { color-scheme: light dark; --text: #1c2024; --soft: #5a6169; --back: #fff; --panel: #f5f6f8;
  --line: #d8dce1; --accent: #0b57c2; --required: #a3260f; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e7eaee; --soft: #a9b1ba; --back: #14171a; --panel: #1e2226; --line: #373d44;
    --accent: #86b7ff; --required: #ff9d8a; }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; background: var(--back); color: var(--text); font: 16px/1.55 system-ui, sans-serif; }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 1rem; top: 1rem; background: var(--back); padding: .5rem 1rem; z-index: 1; }
header, main, footer { padding: 1.25rem clamp(1rem, 4vw, 3rem); }
header { border-bottom: 1px solid var(--line); }
h1 { margin: 0; font-size: 1.7rem; line-height: 1.2; }
h2 { margin: 0; font-size: 1.2rem; }
h3 { margin: 1.2rem 0 .4rem; font-size: .95rem; }
p { margin: .4rem 0; max-width: 75ch; }
.prose { white-space: pre-line; }
.soft { color: var(--soft); font-size: .9rem; }
.page { display: grid; grid-template-columns: minmax(11rem, 16rem) minmax(0, 1fr); }
nav { border-right: 1px solid var(--line); padding: 1.25rem 0 1.25rem clamp(1rem, 4vw, 3rem); }
nav ul { position: sticky; top: 1rem; list-style: none; margin: 0; padding: 0 1rem 0 0; max-height: calc(100vh - 2rem);
  overflow-y: auto; }
nav a { display: block; padding: .2rem 0; text-decoration: none; overflow-wrap: anywhere; }
nav a:hover { text-decoration: underline; }
section { border-bottom: 1px solid var(--line); padding: 0 0 1.6rem; margin: 0 0 1.6rem; }
code, pre { font: .875em/1.5 ui-monospace, SFMono-Regular, Menlo, monospace; }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: .7rem .9rem; margin: .4rem 0;
  overflow-x: auto; }
pre code { font-size: 1em; }
.route { display: inline-block; margin: .3rem 0; overflow-wrap: anywhere; }
.method { background: var(--accent); color: var(--back); border-radius: 4px; padding: .1rem .45rem; font-weight: 600; }
h2 .badge, .required { font-weight: 400; }
.badge { border: 1px solid var(--line); border-radius: 999px; padding: .05rem .6rem; margin-left: .4rem; }
.required { color: var(--required); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .95rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .8rem .4rem 0; border-bottom: 1px solid var(--line); }
td { overflow-wrap: anywhere; }
td:nth-child(2) { min-width: 6rem; }
summary { cursor: pointer; margin: .8rem 0 0; color: var(--accent); }
@media (max-width: 48rem) {
  .page { grid-template-columns: minmax(0, 1fr); }
  nav { border-right: 0; border-bottom: 1px solid var(--line); padding-bottom: .8rem; }
  nav ul { position: static; max-height: 12rem; }
}
@media print { nav { display: none; } .page { display: block; } }
`;
