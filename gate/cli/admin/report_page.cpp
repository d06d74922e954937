// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/admin/report_page.h"

namespace modgate {

const std::string_view kReportStyle = R"css(
:root { color-scheme: light dark; --ink: #1c2733; --soft: #5a6774; --page: #ffffff; --line: #d8dee5;
  --band: #f4f6f8; --done: #2f7d57; --refused: #b3362b; --failed: #b9770e; --focus: #1f6feb; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e9ee; --soft: #9aa7b4; --page: #12181f; --line: #2f3a46; --band: #1a222b;
    --done: #58b98a; --refused: #f07a6f; --failed: #e2ab4f; --focus: #6ea8fe; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 90rem; background: var(--page); color: var(--ink);
  font: 15px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p { margin: .25rem 0; }
.soft { color: var(--soft); }
.numbers { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1rem 0; padding: 0; list-style: none; }
.numbers li { min-width: 8rem; padding: .6rem .9rem; border: 1px solid var(--line);
  border-radius: .4rem; background: var(--band); }
.numbers strong { display: block; font-size: 1.4rem; font-variant-numeric: tabular-nums; }
svg { width: 100%; height: 9rem; border-bottom: 1px solid var(--line); }
.done { fill: var(--done); color: var(--done); }
.refused { fill: var(--refused); color: var(--refused); }
.failed { fill: var(--failed); color: var(--failed); }
.axis { display: flex; justify-content: space-between; font-size: .85rem; color: var(--soft); }
.find { position: sticky; top: 0; display: flex; gap: 1rem; align-items: center; padding: .6rem 0;
  background: var(--page); border-bottom: 1px solid var(--line); z-index: 1; }
input { flex: 1; max-width: 32rem; padding: .4rem .6rem; font: inherit; color: inherit;
  background: var(--band); border: 1px solid var(--line); border-radius: .3rem; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 1px; }
.wide { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: .9rem; }
th, td { padding: .3rem .6rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line);
  unicode-bidi: isolate; overflow-wrap: anywhere; }
th { white-space: nowrap; background: var(--band); }
th button { all: unset; cursor: pointer; }
th button:focus-visible { outline: 2px solid var(--focus); }
th[aria-sort=ascending] button::after { content: " \25b2"; }
th[aria-sort=descending] button::after { content: " \25bc"; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.fixed { font-family: ui-monospace, monospace; font-size: .82rem; white-space: nowrap; }
tbody tr:hover { background: var(--band); }
@media print {
  :root { --ink: #000; --soft: #333; --page: #fff; --line: #999; --band: #fff; --done: #555;
    --refused: #000; --failed: #999; color-scheme: light; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  .find { display: none; }
  thead { display: table-header-group; }
  tr, svg, .numbers { break-inside: avoid; }
  .fixed { white-space: normal; overflow-wrap: anywhere; }
}
)css";

const std::string_view kReportScript = R"js(
'use strict';
(function () {
  var search = document.getElementById('search');
  var found = document.getElementById('found');
  var rows = Array.from(document.querySelectorAll('tbody tr')).map(function (row) {
    var cells = Array.from(row.cells).map(function (cell) { return cell.textContent; });
    return { row: row, text: cells.join(' ').toLowerCase() };
  });
  function filter() {
    var words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    var count = 0;
    rows.forEach(function (one) {
      var fits = words.every(function (word) { return one.text.includes(word); });
      one.row.hidden = !fits;
      if (fits) { count += 1; }
    });
    found.textContent = words.length === 0 ? '' : count + ' of ' + rows.length + ' rows';
  }
  function compare(a, b, numeric) {
    if (numeric) { return Number(a) - Number(b); }
    return a < b ? -1 : a > b ? 1 : 0;
  }
  function sort(heading) {
    var table = heading.closest('table');
    var at = heading.cellIndex;
    var down = heading.getAttribute('aria-sort') === 'ascending';
    var numeric = heading.classList.contains('number');
    var body = table.tBodies[0];
    Array.from(body.rows)
      .map(function (row, place) { return { row: row, key: row.cells[at].textContent, place: place }; })
      .sort(function (a, b) {
        var order = compare(a.key, b.key, numeric);
        return (down ? -order : order) || a.place - b.place;
      })
      .forEach(function (one) { body.appendChild(one.row); });
    Array.from(table.tHead.rows[0].cells).forEach(function (cell) { cell.removeAttribute('aria-sort'); });
    heading.setAttribute('aria-sort', down ? 'descending' : 'ascending');
  }
  search.addEventListener('input', filter);
  document.querySelectorAll('th button').forEach(function (button) {
    button.addEventListener('click', function () { sort(button.closest('th')); });
  });
}());
)js";

}  // namespace modgate
