import { createQuery } from "@urql/solid";
import { type Accessor, Show } from "solid-js";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { formatUsd } from "../../lib/format";
import { Notice } from "../../ui/Notice";
import type { UsageChoices } from "./createUsageSearch";
import { dayName, describeForecast, type MonthForecast } from "./forecast";

const UsageForecastDocument = graphql(`
  query UsageForecast($filter: UsageFilter, $zone: String!) {
    usage(filter: $filter, timezone: $zone) {
      forecast {
        from
        to
        spent
        days
        expected
        budget
        unlimitedUsers
        budgetReachedOn
      }
    }
  }
`);

/** The forecast of the current month; undefined while the page shows another period. */
export function createForecast(choices: UsageChoices): Accessor<MonthForecast | undefined> {
  const [answer] = createQuery({
    query: UsageForecastDocument,
    variables: () => ({ filter: choices.filter(), zone: choices.zone() }),
    pause: () => choices.range().preset !== "THIS_MONTH",
  });
  return () => (choices.range().preset === "THIS_MONTH" ? answer.data?.usage.forecast : undefined);
}

/** The expected cost of the month, and the day on which its budget is reached. */
export function ForecastNotice(props: { forecast: MonthForecast | undefined; zone: string }) {
  return (
    <Show when={props.forecast}>
      {(forecast) => {
        const found = () => describeForecast(forecast(), new Date());
        return (
          <Notice tone={found().isOver ? "warn" : "info"}>
            <Show
              when={forecast().expected}
              fallback={t("usage.noForecast", { count: forecast().days })}
            >
              {(expected) =>
                t("usage.forecast", {
                  cost: formatUsd(expected()),
                  day: dayName(found().lastDay, props.zone),
                })
              }
            </Show>{" "}
            <Show when={forecast().budget}>
              {(budget) =>
                t(`usage.budgets.${found().budget}`, {
                  budget: formatUsd(budget()),
                  day: dayName(forecast().budgetReachedOn ?? forecast().to, props.zone),
                })
              }
            </Show>{" "}
            <Show when={forecast().budget && forecast().unlimitedUsers > 0}>
              {t("usage.unlimitedUsers", { count: forecast().unlimitedUsers })}
            </Show>
          </Notice>
        );
      }}
    </Show>
  );
}
