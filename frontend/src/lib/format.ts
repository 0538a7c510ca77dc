import { locale, t } from "../i18n";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

const STEPS = [
  ["year", 365 * 24 * 60 * MINUTE],
  ["month", 30 * 24 * 60 * MINUTE],
  ["day", 24 * 60 * MINUTE],
  ["hour", 60 * MINUTE],
  ["minute", MINUTE],
] as const;

/** Makes a formatter once for each language that is used. */
function perLocale<Format>(make: (locale: string) => Format): () => Format {
  const made = new Map<string, Format>();
  const format = () => {
    const known = made.get(locale()) ?? make(locale());
    made.set(locale(), known);
    return known;
  };
  return format;
}

const whole = perLocale((locale) => new Intl.NumberFormat(locale));
const tenths = perLocale(
  (locale) => new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 }),
);
const clock = perLocale((locale) => new Intl.DateTimeFormat(locale, { timeStyle: "medium" }));
const day = perLocale(
  (locale) => new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric" }),
);
const moment = perLocale(
  (locale) => new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "long" }),
);
const short = perLocale(
  (locale) =>
    new Intl.DateTimeFormat(locale, {
      day: "numeric",
      month: "short",
      hour: "2-digit",
      minute: "2-digit",
    }),
);
const weekday = perLocale(
  (locale) => new Intl.DateTimeFormat(locale, { weekday: "short", timeZone: "UTC" }),
);
const relative = perLocale((locale) => new Intl.RelativeTimeFormat(locale, { numeric: "auto" }));

/** A whole number with its thousands set apart. */
export function formatNumber(value: number): string {
  return whole().format(value);
}

/** A span of time in the unit that reads best. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < SECOND) return `${whole().format(Math.round(milliseconds))} ms`;
  if (milliseconds < MINUTE) return `${tenths().format(milliseconds / SECOND)} s`;
  const minutes = Math.floor(milliseconds / MINUTE);
  return `${whole().format(minutes)} min ${Math.floor((milliseconds % MINUTE) / SECOND)} s`;
}

/** Minutes and seconds that are left, as a clock shows them. */
export function formatCountdown(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** The time of day for today, the date as well for any other day. */
export function formatTime(iso: string, now = new Date()): string {
  const date = new Date(iso);
  return date.toDateString() === now.toDateString() ? clock().format(date) : short().format(date);
}

/** A date alone. */
export function formatDay(iso: string): string {
  return day().format(new Date(iso));
}

/** The short name of a weekday; Monday is 0. */
export function weekdayName(day: number): string {
  // 1 January 2024 was a Monday.
  return weekday().format(new Date(Date.UTC(2024, 0, 1 + day)));
}

/** Everything that is known about a moment, for a tooltip. */
export function formatMoment(iso: string): string {
  return moment().format(new Date(iso));
}

/** How far away a moment is, in words. */
export function formatAgo(iso: string, now = new Date()): string {
  const difference = new Date(iso).getTime() - now.getTime();
  const step = STEPS.find(([, length]) => Math.abs(difference) >= length);
  return step ? relative().format(Math.trunc(difference / step[1]), step[0]) : t("format.justNow");
}
