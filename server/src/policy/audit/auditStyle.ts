import type { Summary } from "../../protocol/verdictWords";

export const SCHEMES = ["light", "dark"] as const;
type Scheme = (typeof SCHEMES)[number];

/** Everything that a page is drawn in, as `#rrggbb`. Text has at least 4.5 to 1 on either ground (WCAG 2.2, 1.4.3). */
export const PALETTE: Readonly<
  Record<Scheme, Readonly<Record<"ground" | "panel" | "text" | "quiet" | "line" | "link" | Summary, string>>>
> = {
  light: {
    ground: "#ffffff",
    panel: "#f3f4f6",
    text: "#1b1f24",
    quiet: "#57606a",
    line: "#c4c9d0",
    link: "#0550ae",
    verified: "#0a6b33",
    attested: "#0b6770",
    stated: "#6b5744",
    anchored: "#0550ae",
    pending: "#57606a",
    edited: "#7a4b00",
    unverified: "#9a3b00",
    unknown: "#6f2dbd",
    failed: "#b42318",
  },
  dark: {
    ground: "#1b1d21",
    panel: "#26292e",
    text: "#e6e8ea",
    quiet: "#a9b1ba",
    line: "#4a5058",
    link: "#7cb7ff",
    verified: "#7ec699",
    attested: "#6fd0d6",
    stated: "#c9b8a5",
    anchored: "#7cb7ff",
    pending: "#a9b1ba",
    edited: "#d9b36c",
    unverified: "#e8935a",
    unknown: "#c49bff",
    failed: "#ff7b72",
  },
};

function variables(scheme: Scheme): string {
  return Object.entries(PALETTE[scheme])
    .map(([name, color]) => `--${name}:${color}`)
    .join(";");
}

const WORDS = Object.keys(PALETTE.light)
  .map((name) => `.${name}{color:var(--${name});fill:var(--${name})}`)
  .join("");

/** The style of a report's page: one column on a phone, two beside each other where there is room, plain on paper. */
export const AUDIT_STYLE = `
:root{color-scheme:light dark;${variables("light")}}
@media(prefers-color-scheme:dark){:root{${variables("dark")}}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--text);font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
header,nav,main,footer{max-width:70rem;margin:auto;padding:0 1rem}
header{padding-top:1.5rem}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 .25rem}
h2,h3{line-height:1.3;margin:2.25rem 0 .5rem}
h2{font-size:1.3rem}h3{font-size:1.1rem}
p{margin:.5rem 0}
a{color:var(--link)}
a:focus-visible,summary:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.skip{position:absolute;left:-99rem}.skip:focus{position:static}
.quiet{color:var(--quiet);font-size:.9rem}
.lead{font-size:1.35rem;line-height:1.35;font-weight:600;margin-top:1rem}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;padding:0;margin:.75rem 0;list-style:none}
.bar{display:block;width:100%;height:1rem;margin:.75rem 0;background:var(--panel);border:1px solid var(--line)}
.tables{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:1.25rem 2rem;align-items:start}
table{border-collapse:collapse;width:100%}
caption{text-align:left;font-weight:600;padding:.25rem 0}caption .quiet{font-weight:400}
th,td{text-align:left;vertical-align:top;padding:.35rem .5rem;border-top:1px solid var(--line);font-weight:400}
thead th{color:var(--quiet);font-size:.85rem}
.n{text-align:right;white-space:nowrap;overflow-wrap:normal}
details{border:1px solid var(--line);margin:.5rem 0}
summary{cursor:pointer;padding:.6rem .75rem;background:var(--panel)}
.where{width:38%}
.path{font-family:ui-monospace,monospace;font-size:.9em}
.all{list-style:none;margin:0;padding:0}
.all li{padding:.75rem;border-top:1px solid var(--line)}
.all p{margin:.15rem 0}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:.2rem 1.5rem;margin:.4rem 0 0;font-size:.9rem}
dl div{display:flex;gap:.5rem}
dt{color:var(--quiet);flex:0 0 5rem}
dd{margin:0;min-width:0}
b,strong{font-weight:650}
.limits li{margin:.3rem 0}
footer{padding-bottom:2rem;margin-top:2.5rem}
${WORDS}
@media print{details::details-content{content-visibility:visible}a{color:inherit}}
`.trim();
