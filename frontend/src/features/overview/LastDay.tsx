import { A } from "@solidjs/router";
import { createQuery } from "@urql/solid";
import { createMemo, Show } from "solid-js";
import { graphql } from "../../graphql/generated";
import type { ProviderKind } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { formatCompact, formatWhole } from "../../lib/format";
import { formatIn, fullHour, hourLabel } from "../../lib/zone";
import { buttonClass } from "../../ui/Button";
import { OTHER_COLOUR } from "../../ui/chart/palette";
import { StackedChart } from "../../ui/chart/StackedChart";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Loading } from "../../ui/Loading";
import { Panel } from "../../ui/Panel";
import { providerColour, providerName } from "../../ui/providers";
import type { OverviewState } from "./createOverview";

const LastDayQuery = graphql(`
  query LastDay($range: UsageRange, $zone: String!) {
    usage(range: $range, timezone: $zone) {
      series(bucket: HOUR, by: PROVIDER, first: 10, orderBy: TOKENS) {
        from
        slices {
          key
          provider
          totals {
            tokens {
              total
            }
          }
        }
      }
    }
  }
`);

const NAME: Intl.DateTimeFormatOptions = { weekday: "short", hour: "2-digit", minute: "2-digit" };

/** Usage of the last 24 hours, by provider. */
export function LastDay(props: { overview: OverviewState }) {
  const [answer] = createQuery({
    query: LastDayQuery,
    variables: () => ({ range: props.overview.periods().day, zone: props.overview.zone }),
    requestPolicy: "network-only",
  });
  const points = createMemo<NonNullable<typeof answer.data>["usage"]["series"]>(
    (before) => answer.data?.usage.series ?? before,
    [],
  );
  const series = createMemo(() => {
    const kinds = new Map<string, ProviderKind | null | undefined>();
    for (const { slices } of points())
      for (const { key, provider } of slices) kinds.set(key, provider);
    const parts = [...kinds].map(([key, provider]) => ({
      key,
      label: provider ? providerName(provider) : t("common.none"),
      colour: provider ? providerColour(provider) : OTHER_COLOUR,
      values: points().map(
        (point) => point.slices.find((each) => each.key === key)?.totals.tokens.total ?? 0,
      ),
    }));
    // Requests that were refused reached no provider and used nothing.
    return parts.filter(({ values }) => values.some((value) => value > 0));
  });
  function at<T>(index: number, read: (at: Date, zone: string) => T): T | undefined {
    const point = points()[index];
    return point && read(new Date(point.from), props.overview.zone);
  }
  const name = (from: Date, zone: string) => formatIn(zone, from, NAME);
  return (
    <Show when={!answer.data || series().length > 0}>
      <Panel
        title={t("overview.day")}
        hint={t("overview.dayHint")}
        actions={
          <A href="/usage" class={buttonClass("quiet", "small")}>
            {t("overview.toUsage")}
          </A>
        }
      >
        <ErrorNotice error={answer.error} />
        <Show when={series().length > 0} fallback={<Show when={!answer.error}>{<Loading />}</Show>}>
          <StackedChart
            label={`${t("overview.day")}: ${t("overview.dayHint")}`}
            series={series()}
            points={points().length}
            height={200}
            labelPoint={(index) => at(index, hourLabel) ?? ""}
            hourAt={(index) => at(index, fullHour)}
            namePoint={(index) => at(index, name) ?? ""}
            labelValue={formatCompact}
            describeValue={formatWhole}
          />
        </Show>
      </Panel>
    </Show>
  );
}
