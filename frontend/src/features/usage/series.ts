import { graphql, readFragment } from "../../graphql/generated";
import type {
  ProviderKind,
  UsageBucket,
  UsageDimension,
  UsageOverTimeQuery,
} from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { formatIn, fullHour, hourLabel } from "../../lib/zone";
import { OTHER_COLOUR, seriesColour } from "../../ui/chart/palette";
import type { ChartSeries } from "../../ui/chart/stack";
import { providerColour, providerName } from "../../ui/providers";
import { type Measure, MeasuredDocument, measured } from "./measures";

/** Asks for what a chart shows. */
export const UsageOverTimeDocument = graphql(`
  query UsageOverTime(
    $range: UsageRange
    $filter: UsageFilter
    $zone: String!
    $bucket: UsageBucket!
    $by: UsageDimension
    $order: UsageOrder!
  ) {
    usage(range: $range, filter: $filter, timezone: $zone) {
      series(bucket: $bucket, by: $by, first: 8, orderBy: $order) {
        from
        to
        totals {
          ...Measured
          tokens {
            input
            cacheRead
            cacheWrite
            output
            reasoning
          }
        }
        slices {
          key
          label
          provider
          totals {
            ...Measured
          }
        }
      }
    }
  }
`);

/** A point as the server sends it. */
export type Point = UsageOverTimeQuery["usage"]["series"][number];

const KINDS = [
  ["input", "--tokens-input"],
  ["cacheRead", "--tokens-cache-read"],
  ["cacheWrite", "--tokens-cache-write"],
  ["output", "--tokens-output"],
  ["reasoning", "--tokens-reasoning"],
] as const;

/** Tokens by their kind, the other measures undivided. */
export function seriesByKind(points: readonly Point[], measure: Measure): ChartSeries[] {
  if (measure === "tokens") {
    return KINDS.map(([kind, colour]) => ({
      key: kind,
      label: t(`usage.kinds.${kind}`),
      colour,
      values: points.map((point) => point.totals.tokens[kind]),
    }));
  }
  const values = points.map((point) =>
    measured(measure, readFragment(MeasuredDocument, point.totals)),
  );
  return [{ key: measure, label: t(`usage.measures.${measure}`), colour: seriesColour(0), values }];
}

type Part = { key: string; label: string; provider: ProviderKind | null | undefined };

function partsOf(points: readonly Point[]): Part[] {
  const parts = new Map<string, Part>();
  for (const { slices } of points) {
    for (const { key, label, provider } of slices) {
      if (!parts.has(key))
        parts.set(key, { key, label: label ?? (key || t("common.none")), provider });
    }
  }
  return [...parts.values()];
}

/** The greatest parts, the greatest at the bottom, and what is left of the whole on top. */
export function seriesByPart(
  points: readonly Point[],
  measure: Measure,
  by: UsageDimension,
): ChartSeries[] {
  const amount = (point: Point, key: string) => {
    const slice = point.slices.find((each) => each.key === key);
    return slice ? measured(measure, readFragment(MeasuredDocument, slice.totals)) : 0;
  };
  const series = partsOf(points).map((part, index) => ({
    key: part.key,
    label: by === "PROVIDER" && part.provider ? providerName(part.provider) : part.label,
    colour: part.provider ? providerColour(part.provider) : seriesColour(index),
    values: points.map((point) => amount(point, part.key)),
  }));
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  series.sort((left, right) => sum(right.values) - sum(left.values));
  const others = points.map((point, index) => {
    const whole = measured(measure, readFragment(MeasuredDocument, point.totals));
    const known = sum(series.map(({ values }) => values[index] ?? 0));
    // Costs are decimals, whose last digits need not add up.
    return whole - known > whole * 1e-9 ? whole - known : 0;
  });
  if (sum(others) === 0) return series;
  return [...series, { key: "", label: t("usage.others"), colour: OTHER_COLOUR, values: others }];
}

const SHORT: Record<Exclude<UsageBucket, "HOUR">, Intl.DateTimeFormatOptions> = {
  DAY: { day: "numeric", month: "short" },
  WEEK: { day: "numeric", month: "short" },
  MONTH: { month: "short", year: "2-digit" },
};

const LONG: Record<UsageBucket, Intl.DateTimeFormatOptions> = {
  HOUR: { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
  DAY: { weekday: "short", day: "numeric", month: "short", year: "numeric" },
  WEEK: { day: "numeric", month: "short", year: "numeric" },
  MONTH: { month: "long", year: "numeric" },
};

/** A point's name where there is little room. */
export function shortName(point: Point | undefined, bucket: UsageBucket, zone: string): string {
  if (!point) return "";
  const from = new Date(point.from);
  return bucket === "HOUR" ? hourLabel(from, zone) : formatIn(zone, from, SHORT[bucket]);
}

/** The hour of the day of each point that begins at a full hour, where points are hours. */
export function hoursOf(points: readonly Point[], bucket: UsageBucket, zone: string) {
  if (bucket !== "HOUR") return undefined;
  return (index: number) => {
    const point = points[index];
    return point && fullHour(new Date(point.from), zone);
  };
}

/** A point's whole name. */
export function longName(
  point: Pick<Point, "from"> | undefined,
  bucket: UsageBucket,
  zone: string,
): string {
  return point ? formatIn(zone, new Date(point.from), LONG[bucket]) : "";
}
