"use strict";
(() => {
  const root = document.documentElement, title = document.querySelector("title");
  const speak = (language) => {
    root.lang = language;
    title.textContent = title.dataset[language];
    for (const button of document.querySelectorAll("button.lang")) button.hidden = button.dataset.to === language;
    root.dispatchEvent(new Event("languagechange"));
  };
  const remembered = () => { try { return localStorage.getItem("bigmodel-language"); } catch { return null; } };
  const remember = (language) => { try { localStorage.setItem("bigmodel-language", language); } catch { /* private mode */ } };
  const asked = () => (location.hash.match(/^#(?:.*&)?(en|zh)\b/) || [])[1];
  for (const button of document.querySelectorAll("button.lang"))
    button.addEventListener("click", () => { remember(button.dataset.to); speak(button.dataset.to); });
  const own = (navigator.language || "").startsWith("zh") ? "zh" : "en";
  speak(asked() || remembered() || own);
  addEventListener("hashchange", () => { if (asked()) speak(asked()); });
})();
