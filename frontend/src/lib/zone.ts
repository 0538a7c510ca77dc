import { dateFormat, locale } from "../i18n";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const clocks = new Map<string, Intl.DateTimeFormat>();

function clockOf(zone: string): Intl.DateTimeFormat {
  const known =
    clocks.get(zone) ??
    new Intl.DateTimeFormat("en-CA", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
  clocks.set(zone, known);
  return known;
}

/** The local date, hour and weekday in a time zone. */
export function wallClock(at: Date, zone: string): { date: string; hour: number; weekday: number } {
  const parts = Object.fromEntries(
    clockOf(zone)
      .formatToParts(at)
      .map((p) => [p.type, p.value]),
  );
  const date = `${parts.year}-${parts.month}-${parts.day}`;
  // Monday is 0.
  const weekday = (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7;
  return { date, hour: Number(parts.hour), weekday };
}

function offsetMs(at: Date, zone: string): number {
  const parts = Object.fromEntries(
    clockOf(zone)
      .formatToParts(at)
      .map((p) => [p.type, p.value]),
  );
  const shown = `${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}:${parts.second}Z`;
  return Date.parse(shown) - Math.floor(at.getTime() / 1000) * 1000;
}

/** The start of a day (`2026-11-25`) in a time zone. */
export function startOfDay(date: string, zone: string): Date {
  const wanted = Date.parse(`${date}T00:00:00Z`);
  const first = new Date(wanted - offsetMs(new Date(wanted), zone));
  // The offset may have changed between the guess and the result.
  return new Date(wanted - offsetMs(first, zone));
}

/** The next day, or the day after this many days. */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** The browser's time zone. */
export function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

/** Whether a time zone of this name exists. */
export function isZone(zone: string): boolean {
  try {
    clockOf(zone);
    return true;
  } catch {
    return false;
  }
}

/** All time zones of the browser; its own and UTC first. */
export function allZones(): string[] {
  return [...new Set([ownZone(), "UTC", ...Intl.supportedValuesOf("timeZone")])];
}

/** The hour of the day, if the time is a full hour in the time zone. */
export function fullHour(at: Date, zone: string): number | undefined {
  const isFull = (at.getTime() + offsetMs(at, zone)) % HOUR_MS === 0;
  return isFull ? wallClock(at, zone).hour : undefined;
}

/** An hour on an axis; midnight is shown as the new day, so that several days can be distinguished. */
export function hourLabel(at: Date, zone: string): string {
  if (fullHour(at, zone) === 0) return formatIn(zone, at, { day: "numeric", month: "short" });
  return formatIn(zone, at, { hour: "2-digit", minute: "2-digit" });
}

/** A time in a time zone. */
export function formatIn(zone: string, at: Date, options: Intl.DateTimeFormatOptions): string {
  return dateFormat(locale(), { timeZone: zone, ...options }).format(at);
}
