import { dateFormat, language, locale, numberFormat, numberLocale, t } from "../i18n";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const NANOS = 1_000_000_000n;
const CENT = 10_000_000n;

const KIB = 1024;
const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

const STEPS = [
  ["year", 365 * 24 * 60 * MINUTE],
  ["month", 30 * 24 * 60 * MINUTE],
  ["day", 24 * 60 * MINUTE],
  ["hour", 60 * MINUTE],
  ["minute", MINUTE],
] as const;

const USD: Intl.NumberFormatOptions = {
  style: "currency",
  currency: "USD",
  currencyDisplay: "narrowSymbol",
};

const TODAY: Intl.DateTimeFormatOptions = { timeStyle: "medium" };
const OTHER_DAY: Intl.DateTimeFormatOptions = {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
};

function number(value: number | bigint, options?: Intl.NumberFormatOptions): string {
  return numberFormat(numberLocale(), options).format(value);
}

function date(value: Date, options: Intl.DateTimeFormatOptions): string {
  return dateFormat(locale(), options).format(value);
}

/** A whole number with thousands separators. */
export function formatWhole(value: number): string {
  return number(value, { maximumFractionDigits: 0 });
}

/** A number with thousands separators and at most three decimals. */
export function formatNumber(value: number): string {
  return number(value);
}

/** A compact number: 1.2M. */
export function formatCompact(value: number): string {
  return number(value, { notation: "compact", maximumFractionDigits: 1 });
}

/** A share from 0 to 1 as a percentage. */
export function formatShare(part: number): string {
  const digits = part !== 0 && Math.abs(part) < 0.1 ? 1 : 0;
  return number(part, { style: "percent", maximumFractionDigits: digits });
}

/** A share that is shown as "100%" or "0%" only if it is exactly all or nothing. */
export function formatPart(part: number): string {
  const isNear = part !== 0 && part !== 1 && (part < 0.1 || part > 0.9);
  return number(part, { style: "percent", maximumFractionDigits: isNear ? 1 : 0 });
}

/** The relative change, with its sign. */
export function formatChange(fraction: number): string {
  return number(fraction, {
    style: "percent",
    maximumFractionDigits: 0,
    signDisplay: "exceptZero",
  });
}

/** US dollars as whole nano-dollars, without rounding errors. */
export function nanoUsd(usd: string): bigint {
  const [, sign, whole = "0", decimals = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(usd) ?? [];
  const nanos = BigInt(whole) * NANOS + BigInt(decimals.padEnd(9, "0").slice(0, 9));
  return sign ? -nanos : nanos;
}

/** US dollars as a float for a chart. */
export function usdNumber(usd: string): number {
  return Number(usd);
}

/** US dollars: cents, or three significant digits below one cent. */
export function formatUsd(usd: string | number): string {
  const text = typeof usd === "number" ? usd.toFixed(9) : usd;
  const nanos = nanoUsd(text);
  const isTiny = nanos !== 0n && nanos < CENT && nanos > -CENT;
  const digits = isTiny ? { maximumSignificantDigits: 3 } : { minimumFractionDigits: 2 };
  return number(Number(nanos) / Number(NANOS), { ...USD, ...digits });
}

/** US dollars for an axis. */
export function formatUsdCompact(usd: number): string {
  if (Math.abs(usd) < 1000) return formatUsd(usd);
  return number(usd, { ...USD, notation: "compact", maximumFractionDigits: 1 });
}

/** Every digit of an amount, for a tooltip. A decimal string stays exact: `Intl` reads it as one. */
export function exactUsd(usd: string): string {
  const format = numberFormat(numberLocale(), {
    ...USD,
    minimumFractionDigits: 0,
    maximumFractionDigits: 9,
  });
  return format.format(usd as Intl.StringNumericLiteral);
}

/** Bytes in a suitable unit. */
export function formatBytes(bytes: number): string {
  const isSmall = bytes < KIB;
  const power = isSmall ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), BYTE_UNITS.length - 1);
  const tenths = Math.round((bytes / KIB ** power) * 10);
  return `${formatNumber(tenths / 10)} ${BYTE_UNITS[power]}`;
}

function unit(value: number, name: "day" | "hour" | "minute"): string {
  return number(value, { style: "unit", unit: name, unitDisplay: "short" });
}

/** A duration in a suitable unit. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < SECOND) return `${formatWhole(Math.round(milliseconds))} ms`;
  if (milliseconds < MINUTE) {
    const seconds = milliseconds / SECOND;
    return `${number(seconds, { minimumFractionDigits: 1, maximumFractionDigits: 1 })} s`;
  }
  const minutes = Math.floor(milliseconds / MINUTE);
  const hours = Math.floor(minutes / 60);
  if (hours >= 24) return `${unit(Math.floor(hours / 24), "day")} ${unit(hours % 24, "hour")}`;
  if (hours > 0) return `${unit(hours, "hour")} ${unit(minutes % 60, "minute")}`;
  return `${formatWhole(minutes)} min ${Math.floor((milliseconds % MINUTE) / SECOND)} s`;
}

/** The remaining minutes and seconds, as on a clock. */
export function formatCountdown(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** The time of day for today, with the date for any other day. */
export function formatTime(iso: string, now = new Date()): string {
  const at = new Date(iso);
  return date(at, at.toDateString() === now.toDateString() ? TODAY : OTHER_DAY);
}

/** The hour and minute for today, with the date for any other day. */
export function formatMinute(iso: string, now = new Date()): string {
  const at = new Date(iso);
  const isToday = at.toDateString() === now.toDateString();
  return date(at, isToday ? { timeStyle: "short" } : OTHER_DAY);
}

/** A date alone. */
export function formatDay(iso: string): string {
  return date(new Date(iso), { day: "numeric", month: "short", year: "numeric" });
}

/** The short name of a weekday; Monday is 0. */
export function weekdayName(day: number): string {
  // 1 January 2024 was a Monday.
  return date(new Date(Date.UTC(2024, 0, 1 + day)), { weekday: "short", timeZone: "UTC" });
}

/** Date, time and zone, for a tooltip. */
export function formatMoment(iso: string): string {
  return date(new Date(iso), { dateStyle: "full", timeStyle: "long" });
}

/** A relative time for use within a sentence: "yesterday", "in 7 hours". */
export function formatAgo(iso: string, now = new Date()): string {
  const difference = new Date(iso).getTime() - now.getTime();
  const step = STEPS.find(([, length]) => Math.abs(difference) >= length);
  if (!step) return t("format.justNow");
  const format = new Intl.RelativeTimeFormat(locale(), { numeric: "auto" });
  // Vietnamese has a capitalised "Ngày mai", as at the start of a sentence.
  return format.format(Math.trunc(difference / step[1]), step[0]).toLocaleLowerCase(language());
}
