// Filters and sorting. Without this script every page still shows everything.
"use strict";
(() => {
  const collator = new Intl.Collator(document.documentElement.lang, { numeric: true });

  /** Wraps the label of each header in a button that sorts the table's rows by that column. */
  function makeSortable(table, afterSort) {
    const headers = [...table.tHead.rows[0].cells];
    const body = table.tBodies[0];
    const original = [...body.rows];
    const sortBy = (column, direction) => {
      const key = (row) => {
        const cell = row.cells[column];
        const text = cell.dataset.value ?? cell.textContent.trim().replace("−", "-");
        const number = text === "" || text === "–" ? NaN : Number(text);
        return { text, number };
      };
      const keyed = original.map((row) => ({ row, ...key(row) }));
      const numeric = keyed.every((k) => !Number.isNaN(k.number) || k.text === "–" || k.text === "");
      keyed.sort((a, b) => {
        if (!numeric) return direction * collator.compare(a.text, b.text);
        const [left, right] = [a, b].map((k) => Number.isNaN(k.number));
        if (left || right) return left - right; // a missing number comes last either way
        return direction * (a.number - b.number);
      });
      body.append(...keyed.map((k) => k.row));
      headers.forEach((header, i) => {
        if (i === column) header.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
        else header.removeAttribute("aria-sort");
      });
      afterSort?.(column);
    };
    headers.forEach((header, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...header.childNodes);
      header.append(button);
      button.addEventListener("click", () => {
        const first = header.dataset.sort === "down" ? -1 : 1;
        const now = header.getAttribute("aria-sort");
        const direction = now ? (now === "ascending" ? -1 : 1) : first;
        sortBy(column, direction);
      });
    });
    return sortBy;
  }

  document.querySelectorAll("table[data-sortable]").forEach((table) => makeSortable(table));

  const form = document.getElementById("filters");
  const tables = [...document.querySelectorAll("table.matrix")];
  if (!form || tables.length === 0) return;

  const search = document.getElementById("f-search");
  const grade = document.getElementById("f-grade");
  const component = document.getElementById("f-component");
  const order = document.getElementById("f-sort");
  const statuses = [...form.querySelectorAll("input[name=status]")];
  const shown = document.getElementById("shown");
  const cells = tables.flatMap((table) => [...table.querySelectorAll("td[data-status]")]);
  cells.forEach((cell) => (cell.dataset.search = cell.dataset.search.toLowerCase()));

  const sorters = tables.map((table) => {
    const headers = [...table.tHead.rows[0].cells];
    const sortBy = makeSortable(table, (column) => {
      order.value = headers[column].dataset.column === undefined ? "" : headers[column].dataset.column;
    });
    return { headers, sortBy };
  });

  /** Sorts every table by the chosen component, and by grade where it has no such column. */
  function sortAll() {
    const chosen = order.value;
    for (const { headers, sortBy } of sorters) {
      const column = headers.findIndex((header) => chosen !== "" && header.dataset.column === chosen);
      if (column > 0) sortBy(column, -1);
      else sortBy(0, 1);
    }
    order.value = chosen;
  }

  function apply() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = statuses.filter((box) => box.checked).map((box) => box.value);
    const narrowed = words.length > 0 || wanted.length > 0 || component.value !== "";
    let count = 0;
    for (const table of tables) {
      for (const row of table.tBodies[0].rows) {
        let any = false;
        const rightGrade = grade.value === "" || row.dataset.grade === grade.value;
        for (const cell of row.querySelectorAll("td[data-status]")) {
          const fits =
            rightGrade &&
            (component.value === "" || cell.dataset.column === component.value) &&
            (wanted.length === 0 || wanted.includes(cell.dataset.status)) &&
            words.every((word) => cell.dataset.search.includes(word));
          cell.classList.toggle("off", !fits);
          any ||= fits;
          count += fits;
        }
        row.hidden = !rightGrade || (narrowed && !any);
      }
      table.querySelectorAll("[data-column]").forEach((cell) => {
        cell.hidden = component.value !== "" && cell.dataset.column !== component.value;
      });
      table.parentElement.hidden = [...table.tBodies[0].rows].every((row) => row.hidden);
    }
    shown.textContent =
      count === 0 && cells.length > 0
        ? shown.dataset.none
        : shown.dataset.pattern.replace("{shown}", count).replace("{all}", cells.length);
  }

  form.addEventListener("input", (event) => (event.target === order ? sortAll() : apply()));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => {
    // The fields have their first values only after this event.
    setTimeout(() => {
      sortAll();
      apply();
    });
  });
  form.hidden = false;
  apply();
  // A browser that goes back restores the fields after the script has run.
  window.addEventListener("pageshow", apply);
})();
