import { type FragmentType, graphql, readFragment } from "../graphql/generated";
import type { WindowForecastPartFragment } from "../graphql/generated/graphql";
import { t } from "../i18n";
import { formatMinute } from "../lib/format";

const WindowForecastPartDoc = graphql(`
  fragment WindowForecastPart on WindowForecast {
    probability
    earliest
    likely
    latest
    lowestLevel
    highestLevel
    withheldBecause
  }
`);

type Part = FragmentType<typeof WindowForecastPartDoc>;

/** A forecast that a query of another module includes. */
export function readForecast(part: Part): WindowForecastPartFragment {
  return readFragment(WindowForecastPartDoc, part);
}

/** Below this probability a window is not expected to be used up. */
const UNLIKELY = 0.05;

/** When a window is likely to be used up, or why that is not said, as a sentence. */
export function describeForecast(forecast: WindowForecastPartFragment): string {
  const { probability, earliest, likely, latest, withheldBecause } = forecast;
  if (withheldBecause) return t(`windows.withheld.${withheldBecause}`);
  if (typeof probability !== "number" || probability < UNLIKELY) return t("windows.unlikely");
  const odds = t("windows.odds", { tenths: Math.max(1, Math.round(probability * 10)) });
  if (!likely || !earliest) return t("windows.maybe", { odds });
  const time = formatMinute(likely);
  const from = formatMinute(earliest);
  return latest
    ? t("windows.likely", { time, from, to: formatMinute(latest), odds })
    : t("windows.likelyFrom", { time, from, odds });
}

/** The expected lowest and highest level at the reset, in percent. */
export function expectedLevels({
  lowestLevel,
  highestLevel,
}: WindowForecastPartFragment): [number, number] | undefined {
  return typeof lowestLevel === "number" && typeof highestLevel === "number"
    ? [lowestLevel, highestLevel]
    : undefined;
}
