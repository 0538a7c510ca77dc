import { wallClock } from "../../lib/zone";

/** Requests in an hour of the day on a weekday, over all such hours of a period. */
export type HeatCell = {
  requests: number;
  /** The hour with the most requests; the latest of several. Undefined without requests. */
  busiest?: { from: string; to: string; requests: number };
};

type Point = { from: string; to: string; requests: number };

/** Requests by weekday (Monday first) and hour of the day in a time zone. */
export function heatMap(points: readonly Point[], zone: string): HeatCell[][] {
  const map = Array.from({ length: 7 }, () =>
    Array.from({ length: 24 }, (): HeatCell => ({ requests: 0 })),
  );
  for (const point of points) {
    if (point.requests === 0) continue;
    const { weekday, hour } = wallClock(new Date(point.from), zone);
    const cell = map[weekday]?.[hour];
    if (!cell) continue;
    cell.requests += point.requests;
    if (point.requests >= (cell.busiest?.requests ?? 0)) cell.busiest = point;
  }
  return map;
}

/** A cell by its row and column. */
export type Place = { day: number; hour: number };

/** The cell with the most requests, where the keyboard starts. */
export function busiestPlace(map: readonly HeatCell[][]): Place {
  let best = { day: 0, hour: 0, requests: 0 };
  map.forEach((row, day) => {
    row.forEach(({ requests }, hour) => {
      if (requests > best.requests) best = { day, hour, requests };
    });
  });
  return { day: best.day, hour: best.hour };
}

/** The place that a key leads to; undefined for other keys. */
export function placeAfter({ day, hour }: Place, key: string): Place | undefined {
  const within = (value: number, most: number) => Math.max(0, Math.min(value, most));
  const moves: Partial<Record<string, Place>> = {
    ArrowLeft: { day, hour: hour - 1 },
    ArrowRight: { day, hour: hour + 1 },
    ArrowUp: { day: day - 1, hour },
    ArrowDown: { day: day + 1, hour },
    Home: { day, hour: 0 },
    End: { day, hour: 23 },
  };
  const next = moves[key];
  return next && { day: within(next.day, 6), hour: within(next.hour, 23) };
}
