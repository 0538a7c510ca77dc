import { createSignal } from "solid-js";

/** The languages that the pages speak. */
export type Language = "en" | "vi";

/** Each language by the name that its speakers give it. */
export const LANGUAGES: { value: Language; label: string }[] = [
  { value: "en", label: "English" },
  { value: "vi", label: "Tiếng Việt" },
];

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

/** Says in the page which language it speaks, for those who hear it read aloud. */
export function restoreLanguage() {
  document.documentElement.lang = language();
}

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

/**
 * The texts of one part of the pages, in the language that is chosen. Dictionaries are plain objects of
 * one type, so a text that is missing in one of them does not compile.
 */
export function createWords<Words>(dictionaries: Record<Language, Words>): () => Words {
  const words = () => dictionaries[language()];
  return words;
}
