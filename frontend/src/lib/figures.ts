import { locale, numberLocale } from "../i18n";

const NANOS = 1_000_000_000n;
const CENT = 10_000_000n;

const cache = new Map<string, Intl.NumberFormat>();

function numberFormat(name: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `${locale()} ${name}`;
  const known = cache.get(key) ?? new Intl.NumberFormat(numberLocale(), options);
  cache.set(key, known);
  return known;
}

/** A whole number with its thousands set apart. */
export function formatWhole(value: number): string {
  return numberFormat("whole", { maximumFractionDigits: 0 }).format(value);
}

/** A number as short as a chart's axis wants it: 1.2M. */
export function formatCompact(value: number): string {
  return numberFormat("compact", { notation: "compact", maximumFractionDigits: 1 }).format(value);
}

/** A part of a whole, from 0 to 1. */
export function formatShare(part: number): string {
  const digits = part !== 0 && Math.abs(part) < 0.1 ? 1 : 0;
  return numberFormat(`share${digits}`, {
    style: "percent",
    maximumFractionDigits: digits,
  }).format(part);
}

/** How much more or less than before, with its sign. */
export function formatChange(fraction: number): string {
  return numberFormat("change", {
    style: "percent",
    maximumFractionDigits: 0,
    signDisplay: "exceptZero",
  }).format(fraction);
}

/** US dollars as whole nano-dollars, without a rounding error. */
export function nanoUsd(usd: string): bigint {
  const [, sign, whole = "0", decimals = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(usd) ?? [];
  const nanos = BigInt(whole) * NANOS + BigInt(decimals.padEnd(9, "0").slice(0, 9));
  return sign ? -nanos : nanos;
}

/** US dollars for a chart, where the last digits do not matter. */
export function usdNumber(usd: string): number {
  return Number(usd);
}

/** US dollars for people: cents, or more digits where cents would say nothing. */
export function formatUsd(usd: string | number): string {
  const text = typeof usd === "number" ? usd.toFixed(9) : usd;
  const nanos = nanoUsd(text);
  const isTiny = nanos !== 0n && nanos < CENT && nanos > -CENT;
  const money = isTiny
    ? numberFormat("tiny", {
        style: "currency",
        currency: "USD",
        currencyDisplay: "narrowSymbol",
        maximumSignificantDigits: 3,
      })
    : numberFormat("usd", {
        style: "currency",
        currency: "USD",
        currencyDisplay: "narrowSymbol",
        minimumFractionDigits: 2,
      });
  return money.format(Number(nanos) / Number(NANOS));
}

/** US dollars for an axis. */
export function formatUsdCompact(usd: number): string {
  if (Math.abs(usd) < 1000) return formatUsd(usd);
  return numberFormat("usdCompact", {
    style: "currency",
    currency: "USD",
    currencyDisplay: "narrowSymbol",
    notation: "compact",
    maximumFractionDigits: 1,
  }).format(usd);
}

/** Every digit of an amount, for a tooltip. */
export function exactUsd(usd: string): string {
  const [whole = "0", decimals] = usd.split(".");
  const grouped = formatWhole(Number(whole));
  const point = locale() === "vi-VN" ? "," : ".";
  return decimals ? `$${grouped}${point}${decimals}` : `$${grouped}`;
}
