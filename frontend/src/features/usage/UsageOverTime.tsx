import { createQuery } from "@urql/solid";
import { createMemo, Match, Switch } from "solid-js";
import { t } from "../../i18n";
import { Choice } from "../../ui/Choice";
import { StackedChart } from "../../ui/chart/StackedChart";
import { totalOf } from "../../ui/chart/stack";
import { EmptyState } from "../../ui/EmptyState";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Loading } from "../../ui/Loading";
import { Panel } from "../../ui/Panel";
import type { UsageChoices } from "./createUsageSearch";
import { MEASURES, ORDERS, tell, tellShort } from "./measures";
import {
  hoursOf,
  longName,
  seriesByKind,
  seriesByPart,
  shortName,
  UsageOverTimeDocument,
} from "./series";

type Choices = { choices: UsageChoices };

/** Usage over time, grouped by the chosen dimension. */
export function UsageOverTime(props: Choices) {
  const [answer] = createQuery({
    query: UsageOverTimeDocument,
    variables: () => ({
      range: props.choices.range(),
      filter: props.choices.filter(),
      zone: props.choices.zone(),
      bucket: props.choices.bucket(),
      by: props.choices.by() ?? null,
      order: ORDERS[props.choices.measure()],
    }),
  });
  const points = () => answer.data?.usage.series ?? [];
  const series = createMemo(() => {
    const by = props.choices.by();
    const measure = props.choices.measure();
    return by ? seriesByPart(points(), measure, by) : seriesByKind(points(), measure);
  });
  const isEmpty = () => series().every((part) => totalOf(part) === 0);
  const label = () => `${t(`usage.measures.${props.choices.measure()}`)}: ${t("usage.over")}`;

  return (
    <Panel title={t("usage.over")} actions={<SeriesChoices choices={props.choices} />}>
      <Switch fallback={<Loading />}>
        <Match when={answer.error}>
          <ErrorNotice error={answer.error} />
        </Match>
        <Match when={answer.data && isEmpty()}>
          <EmptyState title={t("usage.nothing")}>{t("usage.nothingHint")}</EmptyState>
        </Match>
        <Match when={answer.data}>
          <StackedChart
            label={label()}
            series={series()}
            points={points().length}
            labelPoint={(index) =>
              shortName(points()[index], props.choices.bucket(), props.choices.zone())
            }
            hourAt={hoursOf(points(), props.choices.bucket(), props.choices.zone())}
            namePoint={(index) =>
              longName(points()[index], props.choices.bucket(), props.choices.zone())
            }
            labelValue={(value) => tellShort(props.choices.measure(), value)}
            describeValue={(value) => tell(props.choices.measure(), value)}
            group="usage"
          />
        </Match>
      </Switch>
    </Panel>
  );
}

function SeriesChoices(props: Choices) {
  return (
    <>
      <Choice
        label={t("common.metric")}
        value={props.choices.measure()}
        options={MEASURES.map((value) => ({ value, label: t(`usage.measures.${value}`) }))}
        onChoose={(measure) => props.choices.change({ measure })}
      />
      <Choice
        label={t("usage.by")}
        all={props.choices.measure() === "tokens" ? t("usage.byKind") : t("common.none")}
        value={props.choices.by()}
        options={props.choices.dimensions.map((value) => ({
          value,
          label: t(`usage.dimensions.${value}`),
        }))}
        onChoose={(by) => props.choices.change({ by })}
      />
      <Choice
        label={t("usage.bucket")}
        value={props.choices.bucket()}
        options={props.choices
          .buckets()
          .map((value) => ({ value, label: t(`usage.buckets.${value}`) }))}
        onChoose={(bucket) => props.choices.change({ bucket })}
      />
    </>
  );
}
