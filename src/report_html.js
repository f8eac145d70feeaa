"use strict";
// Sorts a table by the column whose heading is pressed: up, down, then as it was. A cell's exact number is its title.
// Without this script the headings are plain text.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const asGiven = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];
  const key = (row, column) => {
    const cell = row.cells[column];
    return cell.title === "" ? cell.textContent : Number(cell.title.replace("inf", "Infinity"));
  };
  // numbers by size, texts by their characters; what has no value stays last whichever way round
  const compare = (a, b, way) => {
    if (typeof a === "string") return way * (a < b ? -1 : a > b ? 1 : 0);
    if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) - Number.isNaN(b);
    return way * (a < b ? -1 : a > b ? 1 : 0);
  };
  const sort = (column, order) => {
    const way = order === "ascending" ? 1 : -1;
    const rows = asGiven.map((row) => ({row, key: key(row, column)}));
    if (order !== "none") rows.sort((a, b) => compare(a.key, b.key, way));
    body.append(...rows.map((item) => item.row));
    heads.forEach((head, i) => head.setAttribute("aria-sort", i === column ? order : "none"));
  };
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    head.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => {
      const next = {none: "ascending", ascending: "descending", descending: "none"};
      sort(column, next[head.getAttribute("aria-sort")]);
    });
  });
}
