"use strict";
(() => {
  const form = document.getElementById("filters");
  if (!form) return;
  const fields = Object.fromEntries(["search", "status", "severity", "code"].map((id) => [id, document.getElementById(id)]));
  const articles = [...document.querySelectorAll("article")];
  const tables = [...document.querySelectorAll("section.table")];
  const texts = new Map(articles.map((one) => [one, (one.textContent + " " + one.parentElement.firstElementChild.textContent).toLowerCase()]));

  const fits = (one) => {
    const words = fields.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    return words.every((word) => texts.get(one).includes(word))
      && ["status", "severity"].every((id) => !fields[id].value || one.dataset[id] === fields[id].value)
      && (!fields.code.value || one.dataset.code.split(" ").includes(fields.code.value));
  };

  const filter = () => {
    let shown = 0;
    for (const one of articles) {
      one.hidden = !fits(one);
      shown += !one.hidden;
    }
    for (const one of tables) one.hidden = !one.querySelector("article:not([hidden])");
    document.getElementById("none").hidden = shown > 0;
    document.getElementById("count").textContent = `${shown} of ${articles.length} places`;
  };

  for (const event of ["input", "change"]) form.addEventListener(event, filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.closest("input, select")) {
      event.preventDefault();
      fields.search.focus();
    }
    if (event.key === "Escape" && event.target === fields.search) {
      fields.search.value = "";
      filter();
    }
  });
  filter();
})();
