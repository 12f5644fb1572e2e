// SPDX-License-Identifier: MIT
#pragma once

namespace ebm_mnist {

/// How a report looks: light or dark as the reader's system is, printed in black on white.
///
/// Curves differ in colour and dashes; the colours are those of Okabe & Ito, "Color Universal
/// Design", 2008, of which each pair can be told apart with any colour vision.
inline constexpr const char* report_style = R"css(
:root { color-scheme: light dark;
  --paper: #fff; --ink: #1b1f24; --soft: #59626c; --line: #d5dae0; --panel: #f6f7f9;
  --c0: #0072b2; --c1: #d55e00; --c2: #008a63; --c3: #a8558c; }
@media (prefers-color-scheme: dark) { :root {
  --paper: #14171b; --ink: #e8eaed; --soft: #a2abb5; --line: #363d45; --panel: #1d2126;
  --c0: #56b4e9; --c1: #f08c3a; --c2: #2fc79a; --c3: #dd9cc6; } }
@media print { :root { color-scheme: light;
  --paper: #fff; --ink: #000; --soft: #444; --line: #bbb; --panel: #fff;
  --c0: #0072b2; --c1: #d55e00; --c2: #008a63; --c3: #a8558c; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 24px 20px 64px; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 8px; overflow-wrap: anywhere; }
h2 { font-size: 1.3rem; margin: 48px 0 8px; padding-top: 12px; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 0 0 6px; }
p { max-width: 46rem; margin: 8px 0; }
code { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .875em;
  overflow-wrap: anywhere; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 10px;
  margin: 20px 0 0; }
.facts div { background: var(--panel); border: 1px solid var(--line); border-radius: 6px;
  padding: 10px 12px; }
.facts dt { color: var(--soft); font-size: .8125rem; }
.facts dd { margin: 0; font-size: 1.25rem; font-weight: 600; overflow-wrap: anywhere; }
.facts dd small { display: block; font-size: .8125rem; font-weight: 400; color: var(--soft); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr));
  gap: 36px 32px; margin-top: 20px; }
figure { margin: 0; break-inside: avoid; min-width: 0; }
figcaption { color: var(--soft); font-size: .875rem; margin-top: 6px; max-width: 46rem; }
.chart svg:not(.key) { display: block; width: 100%; height: auto; }
.chart text { font-size: 12px; fill: var(--soft); font-variant-numeric: tabular-nums; }
.chart .tick { text-anchor: middle; } .chart .tick.y, .chart .tick.end { text-anchor: end; }
.chart .label { fill: var(--ink); } .chart .label.x { text-anchor: middle; }
.chart path { fill: none; stroke-linejoin: round; }
.grid { stroke: var(--line); } .grid.zero { stroke: var(--soft); } .axis { stroke: var(--soft); }
.curve { stroke-width: 2; } .faint { stroke-width: 1; opacity: .3; }
.c0 { stroke: var(--c0); } .c1 { stroke: var(--c1); } .c2 { stroke: var(--c2); }
.c3 { stroke: var(--c3); }
.curve.c1 { stroke-dasharray: 7 3; } .curve.c2 { stroke-dasharray: 2 3; }
.curve.c3 { stroke-dasharray: 9 3 2 3; }
.dot.c0 { fill: var(--c0); } .dot.c1 { fill: var(--c1); } .dot.c2 { fill: var(--c2); }
.dot.c3 { fill: var(--c3); }
.mark { fill: none; stroke: var(--ink); stroke-width: 1.5; }
.rule { stroke: var(--ink); stroke-dasharray: 4 4; }
.event { stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 1 3; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 18px; margin: 4px 0 0;
  padding: 0; font-size: .875rem; }
.key { width: 28px; height: 10px; margin-right: 7px; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(46%, 242px), 242px));
  gap: 20px; margin: 20px 0; }
img { display: block; max-width: 100%; height: auto; image-rendering: pixelated;
  border: 1px solid var(--line); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums;
  margin: 14px 0; }
caption { text-align: left; color: var(--soft); padding-bottom: 6px; max-width: 46rem; }
th, td { text-align: left; padding: 4px 18px 4px 0; border-bottom: 1px solid var(--line);
  vertical-align: top; }
thead th { border-bottom: 2px solid var(--soft); }
tbody th { font-weight: 500; } .number { text-align: right; white-space: nowrap; }
.settings code { font-size: 1em; } .settings th { white-space: nowrap; }
.changed { background: var(--panel); }
.changed th, .changed td:nth-child(2) { font-weight: 700; }
.area { width: 150px; height: 16px; display: block; margin-top: 3px; }
.area .axis { stroke: var(--line); } .area .span { stroke: var(--c0); stroke-width: 2; }
.area .half { stroke: var(--soft); stroke-dasharray: 2 2; } .area circle { fill: var(--c0); }
.note { border-left: 3px solid var(--soft); padding-left: 12px; color: var(--soft); }
footer { margin-top: 48px; color: var(--soft); font-size: .8125rem; }
@media print { main { max-width: none; padding: 0; } h2 { break-after: avoid; }
  .charts { grid-template-columns: 1fr 1fr; } }
@media (max-width: 600px) { main { padding: 16px 14px 40px; }
  .facts { grid-template-columns: repeat(2, minmax(0, 1fr)); } td, th { padding-right: 10px; }
  .pictures { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 14px; }
  .area { width: 100px; }
  img { image-rendering: auto; }  /* fewer than a pixel for each of theirs */
  .what { display: none; } }
)css";

}  // namespace ebm_mnist
