import type { Language } from "../i18n";

// Powers of ten by the words and letters for them, in both languages.
const UNITS: Record<string, number> = {
  "": 0,
  k: 3,
  thousand: 3,
  nghìn: 3,
  ngàn: 3,
  m: 6,
  million: 6,
  tr: 6,
  triệu: 6,
  b: 9,
  billion: 9,
  tỷ: 9,
  tỉ: 9,
};

/** Digits with thousands separators and a decimal mark of either language. */
const WRITTEN: Record<Language, RegExp> = {
  en: /^(\d+|\d{1,3}(?:,\d{3})+)(?:\.(\d+))?$/,
  vi: /^(\d+|\d{1,3}(?:\.\d{3})+)(?:,(\d+))?$/,
};

/**
 * An amount as people write it (`1,000,000`, `1M`, `$12.50`, `1,5 triệu`), as plain decimal digits
 * without a rounding error; undefined where it is none. A mark that only the other language writes so is
 * understood: `1.000.000` is a million in English as well.
 */
export function readAmount(text: string, language: Language): string | undefined {
  const plain = text.toLowerCase().replaceAll(/[\s_$]/g, "");
  const [, digits = "", unit = ""] = /^([\d.,]+)(\p{L}*)$/u.exec(plain) ?? [];
  const power = UNITS[unit];
  const other = language === "en" ? "vi" : "en";
  const [, whole, fraction = ""] =
    WRITTEN[language].exec(digits) ?? WRITTEN[other].exec(digits) ?? [];
  if (whole === undefined || power === undefined) return undefined;
  const shifted = fraction.padEnd(power, "0");
  const integer = (whole.replaceAll(/[.,]/g, "") + shifted.slice(0, power)).replace(
    /^0+(?=\d)/,
    "",
  );
  const rest = shifted.slice(power).replace(/0+$/, "");
  return rest ? `${integer}.${rest}` : integer;
}
