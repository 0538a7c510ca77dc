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
import { notify } from "../../ui/Toaster";
import { barUnit, type UsageChoices } from "./createUsageSearch";
import { budgetPerDay, type MonthForecast } from "./forecast";
import { MEASURES, ORDERS, tell, tellShort } from "./measures";
import { filterValue, partName } from "./partName";
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
export function UsageOverTime(props: Choices & { forecast?: MonthForecast | undefined }) {
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
  const mark = () => {
    const isDailyCost = props.choices.measure() === "cost" && props.choices.bucket() === "DAY";
    const value = props.forecast && isDailyCost ? budgetPerDay(props.forecast) : undefined;
    return value === undefined
      ? undefined
      : { value, label: t("usage.budgetLine", { budget: tell("cost", value) }) };
  };
  const chooseBar = (index: number) => {
    const point = points()[index];
    if (!point) return;
    props.choices.narrow(point);
    const period = longName(point, barUnit(props.choices.bucket()), props.choices.zone());
    notify({ tone: "ok", text: t("usage.periodChosen", { period }) });
  };
  const filterBy = (key: string) => {
    const by = props.choices.by();
    const slice = points()
      .flatMap(({ slices }) => slices)
      .find((each) => each.key === key);
    const value = by && slice && filterValue(slice, by);
    if (!by || !value) return;
    props.choices.drill(by, value);
    const filter = `${t(`usage.dimensions.${by}`)}: ${partName(slice, by)}`;
    notify({ tone: "ok", text: t("usage.filtered", { filter }) });
  };
  const canFilter = (key: string) =>
    key !== "" && !(props.choices.isOfUser && props.choices.by() === "USER");
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
            mark={mark()}
            onChoose={props.choices.canNarrow() ? chooseBar : undefined}
            chooseHint={props.choices.canNarrow() ? t("usage.chooseBar") : undefined}
            filter={
              props.choices.by()
                ? { can: canFilter, hint: (name) => t("usage.filterBy", { name }), by: filterBy }
                : undefined
            }
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
