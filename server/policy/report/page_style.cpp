#include "server/policy/report/page_parts.hpp"

namespace sallyport {
namespace {

constexpr std::string_view kStyle = R"css(:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1b2024; --faint: #57606a; --line: #d0d7de; --band: #f4f6f8; --link: #0a58ca;
  --yes: #e3f4e6; --if: #fdf3d8; --denied: #fbe3e1; --warn: #8a4b00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14181c; --ink: #e6e9ec; --faint: #a3adb7; --line: #39424b; --band: #1d2329; --link: #7db4ff;
    --yes: #17351f; --if: #3a3113; --denied: #44201f; --warn: #ffc27a;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 90rem; padding: 1.5rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.8rem; margin: 0 0 .75rem; }
h2 { font-size: 1.35rem; margin: 2.5rem 0 .75rem; border-bottom: 2px solid var(--line); padding-bottom: .25rem; }
h3 { font-size: 1.1rem; margin: 1.25rem 0 .5rem; }
a { color: var(--link); }
a:focus-visible, summary:focus-visible, .scroll:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
code { font: .9em/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
.faint { color: var(--faint); font-weight: normal; font-size: .85rem; }
dl.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(16rem, 1fr)); gap: .5rem 2rem; margin: 0; }
@media (min-width: 60rem) { dl.facts div:last-child { grid-column: auto / span 2; } }
dl dt { color: var(--faint); font-size: .85rem; }
dl dd { margin: 0; overflow-wrap: anywhere; }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; padding: .75rem 0 0; margin: 0; }
dl.legend { display: flex; flex-wrap: wrap; gap: .5rem 1rem; margin: 0 0 .75rem; }
dl.legend div { display: flex; gap: .5rem; align-items: baseline; padding: .15rem .6rem; border: 1px solid var(--line); border-radius: .3rem; }
dl.legend dt { color: var(--ink); }
dl.legend dd { font-size: .85rem; }
.answer { font-weight: 600; white-space: nowrap; }
.allowed { background: var(--yes); }
.if { background: var(--if); }
.denied { background: var(--denied); }
td.no .answer { color: var(--faint); font-weight: normal; }
.warning { border-left: .3rem solid var(--warn); padding-left: .75rem; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; margin: 0 0 1.5rem; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; font-weight: 600; padding: .25rem 0; }
th, td { border: 1px solid var(--line); padding: .35rem .6rem; text-align: left; vertical-align: top; }
thead th { background: var(--band); }
tbody th { background: var(--band); font-weight: 600; }
table.matrix { table-layout: fixed; min-width: 56rem; }
table.matrix th:first-child { position: sticky; left: 0; z-index: 1; }
table.matrix th, table.matrix td { overflow-wrap: anywhere; }
table.matrix thead .faint { display: block; }
table.matrix td ul { margin: .2rem 0 0; padding-left: 1.1rem; font-size: .875rem; }
table.names, table.tests { min-width: 40rem; }
table.tests tbody th, table.names tbody th { font-weight: normal; overflow-wrap: anywhere; }
table.names td, table.tests td { overflow-wrap: anywhere; }
details.rule { border: 1px solid var(--line); border-radius: .3rem; margin: 0 0 .5rem; padding: .4rem .75rem; }
details.rule summary { cursor: pointer; overflow-wrap: anywhere; }
details.rule dl { margin: .5rem 0 .25rem; }
details.rule dl div { display: grid; grid-template-columns: 8rem 1fr; gap: .75rem; padding: .1rem 0; }
.badge { border: 1px solid var(--line); border-radius: 1rem; padding: 0 .6rem; font-size: .8rem; white-space: nowrap; }
.badge.warn { color: var(--warn); border-color: var(--warn); font-weight: 600; }
:target { outline: 3px solid var(--link); outline-offset: 2px; }
.tools { display: flex; flex-wrap: wrap; gap: .75rem; align-items: end; padding-top: .75rem; }
.tools input, .tools button { font: inherit; padding: .3rem .6rem; color: inherit; background: var(--band);
  border: 1px solid var(--line); border-radius: .3rem; }
.tools label { display: grid; font-size: .85rem; color: var(--faint); }
[hidden] { display: none; }
footer { margin-top: 2.5rem; color: var(--faint); font-size: .875rem; }
@media (max-width: 40rem) { details.rule dl div { grid-template-columns: 1fr; gap: 0; } body { padding: .75rem; } }
@page { size: A4 landscape; margin: 12mm; }
@media print {
  :root { color-scheme: light; --paper: #ffffff; --ink: #000000; --faint: #444444; --line: #999999; --band: #f0f0f0;
    --link: #000000; --yes: #e8f5ea; --if: #fdf5df; --denied: #fbe8e6; --warn: #000000; }
  html { font-size: 8.5pt; }
  body { max-width: none; padding: 0; line-height: 1.35; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  nav, .tools { display: none; }
  a { text-decoration: none; }
  h2, h3, caption { break-after: avoid; }
  tr, details.rule { break-inside: avoid; }
  thead { display: table-header-group; }
  .scroll { overflow: visible; padding-right: 1px; }
  table.matrix, table.names, table.tests { min-width: 0; }
  table.matrix th:first-child { position: static; }
  details.rule::details-content { content-visibility: visible; display: block; }
  details.rule summary { list-style: none; }
  tr[hidden] { display: table-row; }
  details[hidden], div[hidden] { display: block; }
}
)css";

constexpr std::string_view kScript = R"js(
(function () {
  var rules = Array.from(document.querySelectorAll("details.rule"));
  var all = function (open) { rules.forEach(function (rule) { rule.open = open; }); };
  var show = function () {
    var wanted = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (wanted && wanted.tagName === "DETAILS") { wanted.open = true; wanted.scrollIntoView(); }
  };
  var lines = Array.from(document.querySelectorAll("tbody tr, details.rule"));
  var words = lines.map(function (line) { return line.textContent.toLowerCase(); });
  var tools = document.createElement("div");
  tools.className = "tools";
  var label = document.createElement("label");
  label.textContent = "Show only lines with";
  var find = document.createElement("input");
  find.type = "search";
  label.append(find);
  find.addEventListener("input", function () {
    var wanted = find.value.trim().toLowerCase();
    lines.forEach(function (line, i) { line.hidden = wanted !== "" && !words[i].includes(wanted); });
    document.querySelectorAll("div.scroll").forEach(function (part) {
      part.hidden = wanted !== "" && !part.querySelector("tbody tr:not([hidden])");
    });
  });
  tools.append(label);
  [["Open all rules", true], ["Close all rules", false]].forEach(function (each) {
    var button = document.createElement("button");
    button.type = "button";
    button.textContent = each[0];
    button.addEventListener("click", function () { all(each[1]); });
    tools.append(button);
  });
  document.querySelector("header").append(tools);
  if (rules.length > 8) { all(false); }
  addEventListener("hashchange", show);
  addEventListener("beforeprint", function () { all(true); });
  show();
})();
)js";

}  // namespace

std::string_view page_style() noexcept { return kStyle; }
std::string_view page_script() noexcept { return kScript; }
std::string_view page_script_digest() noexcept { return "2rsimuBVfX3LW8fjNQTyqHMPlmOJPk6PrIi5Ev6JoVM="; }

}  // namespace sallyport
