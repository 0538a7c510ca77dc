import format, { type CompiledMessage, type FormatOptions } from "icu-minify/format";
import { createSignal } from "solid-js";
import type { Messages } from "./generated/keys";

/** A language of the pages. */
export type Language = "en" | "vi";

/** The name of a message: its file in `messages/<language>`, then the path inside. */
export type MessageKey = keyof Messages;

/** The rest of the message keys with a prefix: `KeyUnder<"shell.places">` is `"audit" | …`. */
export type KeyUnder<Prefix extends string> = MessageKey extends infer Key
  ? Key extends `${Prefix}.${infer Rest}`
    ? Rest
    : never
  : never;

/** The key of a message without arguments. */
export type PlainKey = {
  [Key in MessageKey]: Messages[Key] extends null ? Key : never;
}[MessageKey];

type Arguments<Key extends MessageKey> = Messages[Key] extends null ? [] : [Messages[Key]];
type Compiled = Partial<Record<string, CompiledMessage>>;
type Catalogue = { language: Language; messages: Compiled; isComplete: boolean };

/** Each language by its own name. */
export const LANGUAGES: { value: Language; label: string }[] = [
  { value: "en", label: "English" },
  { value: "vi", label: "Tiếng Việt" },
];

const STORE = "proxypal.language";

// Compiled by scripts/compile-messages.js; a browser loads only the language in use.
const catalogues = import.meta.glob<Compiled>("./generated/*.json", {
  import: "default",
});

const [catalogue, setCatalogue] = createSignal<Catalogue>({
  language: preferredLanguage(),
  messages: {},
  isComplete: false,
});

function preferredLanguage(): Language {
  const stored = localStorage.getItem(STORE);
  if (stored === "en" || stored === "vi") return stored;
  return navigator.language.startsWith("vi") ? "vi" : "en";
}

/** The current language. */
export function language(): Language {
  return catalogue().language;
}

/** Whether the frame and the pages in front of it can be shown. */
export function isFrameTranslated(): boolean {
  return "common.cancel" in catalogue().messages;
}

/** Whether every page can be shown. */
export function isTranslated(): boolean {
  return catalogue().isComplete;
}

async function load(part: string): Promise<Compiled> {
  return (await catalogues[`./generated/${part}.json`]?.()) ?? {};
}

/**
 * Loads a language (by default the preferred one) and shows the pages in it: the frame as soon as its
 * messages have loaded, if nothing is shown yet; otherwise everything together.
 */
export async function loadLanguage(chosen = preferredLanguage()): Promise<void> {
  const loading = load(`${chosen}.first`);
  const rest = load(`${chosen}.rest`);
  const first = await loading;
  document.documentElement.lang = chosen;
  if (!isTranslated()) setCatalogue({ language: chosen, messages: first, isComplete: false });
  setCatalogue({ language: chosen, messages: { ...first, ...(await rest) }, isComplete: true });
}

/** Changes the language, and keeps it for the next visit. */
export function chooseLanguage(chosen: Language): Promise<void> {
  localStorage.setItem(STORE, chosen);
  return loadLanguage(chosen);
}

/**
 * The BCP 47 tag for dates and times: the reader's own kind of English, so that dates look like those of
 * the browser's inputs.
 */
export function locale(): string {
  if (language() === "vi") return "vi-VN";
  return navigator.languages.find((each) => each.startsWith("en")) ?? "en-US";
}

/** The BCP 47 tag for numbers: "en-US", because "1.2m" in British English reads as thousandths. */
export function numberLocale(): string {
  return language() === "vi" ? "vi-VN" : "en-US";
}

/** Makes each `Intl` object once: they are slow to construct. */
function cached<Options, Made>(make: (locale: string, options?: Options) => Made) {
  const known = new Map<string, Made>();
  return (locale: string, options?: Options) => {
    const key = locale + JSON.stringify(options ?? null);
    const made = known.get(key) ?? make(locale, options);
    known.set(key, made);
    return made;
  };
}

export const numberFormat = cached(
  (locale, options?: Intl.NumberFormatOptions) => new Intl.NumberFormat(locale, options),
);
export const dateFormat = cached(
  (locale, options?: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, options),
);
const pluralRules = cached(
  (locale, options?: Intl.PluralRulesOptions) => new Intl.PluralRules(locale, options),
);

const OPTIONS = {
  formatters: {
    getNumberFormat: numberFormat,
    getDateTimeFormat: dateFormat,
    getPluralRules: pluralRules,
  },
} as FormatOptions;

function translate(key: string, values: Record<string, string | number | Date> = {}): string {
  const message = catalogue().messages[key];
  return message === undefined ? "" : String(format(message, numberLocale(), values, OPTIONS));
}

/** A message in the language of the pages. Wrong keys and missing arguments do not compile. */
export function t<Key extends MessageKey>(key: Key, ...[values]: Arguments<Key>): string {
  return translate(key, values ?? {});
}

/** The message of a key that is made at run time, such as from a code of the server. */
export function tIfKnown(key: string): string | undefined {
  return translate(key) || undefined;
}
