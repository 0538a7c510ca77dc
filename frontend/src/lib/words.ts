import { createSignal } from "solid-js";

/** The languages that the pages speak. */
export type Language = "en" | "vi";

const STORE = "proxypal.language";
const LOCALES: Record<Language, string> = { en: "en-GB", vi: "vi-VN" };

function firstLanguage(): Language {
  const stored = localStorage.getItem(STORE);
  if (stored === "en" || stored === "vi") return stored;
  return navigator.language.startsWith("vi") ? "vi" : "en";
}

const [language, setLanguage] = createSignal<Language>(firstLanguage());

/** The language of the pages. */
export { language };

/** Changes the language, and keeps it for the next visit. */
export function chooseLanguage(chosen: Language) {
  localStorage.setItem(STORE, chosen);
  document.documentElement.lang = chosen;
  setLanguage(chosen);
}

/** How numbers and dates are written in the language of the pages. */
export function locale(): string {
  return LOCALES[language()];
}

/** The texts of one part of the pages, in the language that is chosen. */
export function createWords<Words>(dictionaries: Record<Language, Words>): () => Words {
  const words = () => dictionaries[language()];
  return words;
}
