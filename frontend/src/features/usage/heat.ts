import { wallClock } from "../../lib/zone";

/** Requests by weekday (Monday first) and hour of the day in a time zone. */
export function heatMap(points: readonly { from: string; requests: number }[], zone: string) {
  const map = Array.from({ length: 7 }, () => Array.from({ length: 24 }, () => 0));
  for (const { from, requests } of points) {
    if (requests === 0) continue;
    const { weekday, hour } = wallClock(new Date(from), zone);
    const row = map[weekday];
    if (row) row[hour] = (row[hour] ?? 0) + requests;
  }
  return map;
}
