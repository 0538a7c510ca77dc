import { createQuery } from "@urql/solid";
import { For, Match, Show, Switch } from "solid-js";
import { graphql, readFragment } from "../../graphql/generated";
import { t } from "../../i18n";
import { saveText } from "../../lib/download";
import { Button } from "../../ui/Button";
import { Choice } from "../../ui/Choice";
import { EmptyState } from "../../ui/EmptyState";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Loading } from "../../ui/Loading";
import { Panel } from "../../ui/Panel";
import { Head, Table } from "../../ui/Table";
import { Tabs } from "../../ui/Tabs";
import { breakdownCsv } from "./breakdownCsv";
import { createParts, MAX_OPENED, type OpenRows } from "./createParts";
import type { UsageChoices } from "./createUsageSearch";
import { MEASURES, MeasuredDocument, measured, ORDERS } from "./measures";
import { SliceRows } from "./SliceRows";

const UsageBreakdownQueryDocument = graphql(`
  query UsageBreakdown(
    $range: UsageRange
    $filter: UsageFilter
    $zone: String!
    $by: UsageDimension!
    $order: UsageOrder!
  ) {
    usage(range: $range, filter: $filter, timezone: $zone) {
      totals {
        ...Measured
      }
      breakdown(by: $by, first: 200, orderBy: $order) {
        key
        label
        provider
        user {
          id
          archivedAt
        }
        totals {
          ...Measured
          failed
          rejected
          unpriced
          assumed
        }
        previous {
          ...Measured
        }
        latency {
          duration {
            p50Ms
            p95Ms
            p99Ms
          }
          timeToFirstByte {
            p95Ms
          }
        }
      }
    }
  }
`);

const MAX_ROWS = 200;

/** Usage by each dimension, one list per dimension, ordered by the chosen measure. */
export function UsageBreakdown(props: { choices: UsageChoices }) {
  const measure = () => props.choices.measure();
  const [answer] = createQuery({
    query: UsageBreakdownQueryDocument,
    variables: () => ({
      range: props.choices.range(),
      filter: props.choices.filter(),
      zone: props.choices.zone(),
      by: props.choices.parts(),
      order: ORDERS[measure()],
    }),
  });
  const slices = () => answer.data?.usage.breakdown ?? [];
  const whole = () => {
    const totals = answer.data?.usage.totals;
    return totals ? measured(measure(), readFragment(MeasuredDocument, totals)) : 0;
  };
  const rows = createParts(() => props.choices);
  const save = () => {
    const [by, then] = [props.choices.parts(), props.choices.second()];
    const partsOf = (key: string) => (rows.isOpen(key) ? rows.of(key) : undefined);
    const csv = breakdownCsv(slices(), by, then && { by: then, of: partsOf });
    const name = [by, then ?? []].flat().join("-by-");
    saveText(csv, `usage-${name.toLowerCase().replaceAll("_", "-")}.csv`, "text/csv");
  };
  return (
    <Panel
      flush
      title={t("usage.breakdown")}
      actions={
        <>
          <Tabs
            label={t("usage.breakdown")}
            value={props.choices.parts()}
            options={props.choices.dimensions.map((value) => ({
              value,
              label: t(`usage.dimensions.${value}`),
            }))}
            onChoose={(parts) => props.choices.change({ parts })}
          />
          <ThenBy choices={props.choices} rows={rows} keys={slices().map(({ key }) => key)} />
          <Button size="small" disabled={slices().length === 0} onClick={save}>
            {t("usage.downloadCsv")}
          </Button>
        </>
      }
    >
      <Switch fallback={<Loading />}>
        <Match when={answer.error}>
          <div class="p-4">
            <ErrorNotice error={answer.error} />
          </div>
        </Match>
        <Match when={slices().length > 0}>
          <Show when={rows.error()}>
            <div class="p-4">
              <ErrorNotice error={rows.error()} />
            </div>
          </Show>
          <Table
            label={`${t("usage.breakdown")}: ${t(`usage.dimensions.${props.choices.parts()}`)}`}
            head={<Heads choices={props.choices} />}
          >
            <For each={slices()}>
              {(slice) => (
                <SliceRows
                  slice={slice}
                  choices={props.choices}
                  measure={measure()}
                  whole={whole()}
                  rows={rows}
                />
              )}
            </For>
          </Table>
          <Show when={slices().length === MAX_ROWS}>
            <p class="px-5 py-3 text-sm text-muted">{t("usage.more")}</p>
          </Show>
        </Match>
        <Match when={answer.data}>
          <EmptyState title={t("usage.nothing")}>{t("usage.nothingHint")}</EmptyState>
        </Match>
      </Switch>
    </Panel>
  );
}

/** Into what each row opens. */
function ThenBy(props: { choices: UsageChoices; rows: OpenRows; keys: readonly string[] }) {
  const options = () => props.choices.dimensions.filter((value) => value !== props.choices.parts());
  return (
    <>
      <Choice
        label={t("usage.thenBy")}
        all={t("usage.thenByNone")}
        value={props.choices.second()}
        options={options().map((value) => ({
          value,
          label: t("usage.thenByOne", { dimension: t(`usage.dimensions.${value}`) }),
        }))}
        onChoose={(second) => props.choices.change({ second })}
      />
      <Show when={props.choices.second() && props.keys.length > 0}>
        <Button
          size="small"
          tone="quiet"
          onClick={() =>
            props.rows.hasOpen() ? props.rows.closeAll() : props.rows.openAll(props.keys)
          }
        >
          {props.rows.hasOpen()
            ? t("usage.collapseAll")
            : t("usage.expandAll", { count: Math.min(MAX_OPENED, props.keys.length) })}
        </Button>
      </Show>
    </>
  );
}

function Heads(props: { choices: UsageChoices }) {
  return (
    <>
      <Head>{t(`usage.dimensions.${props.choices.parts()}`)}</Head>
      <Head class="w-2/5 max-sm:hidden">{t("usage.share")}</Head>
      <For each={MEASURES}>
        {(each) => (
          <Head
            number
            class={each === "requests" ? "" : "max-sm:hidden"}
            sorted={props.choices.measure() === each ? "descending" : undefined}
          >
            <button
              type="button"
              onClick={() => props.choices.change({ measure: each })}
              class="min-h-6 rounded px-1 font-medium hover:text-ink"
              classList={{
                "text-ink underline underline-offset-4": props.choices.measure() === each,
              }}
            >
              {t(`usage.measures.${each}`)}
              <span aria-hidden="true">{props.choices.measure() === each ? " ↓" : ""}</span>
            </button>
          </Head>
        )}
      </For>
      <Head number>{t("usage.failedHead")}</Head>
      <Head number>{t("usage.rejectedHead")}</Head>
      <Head number>{t("usage.p50")}</Head>
      <Head number>{t("usage.p95")}</Head>
      <Head number>{t("usage.p99")}</Head>
      <Head number>{t("usage.firstByteP95")}</Head>
      <Head number>{t("usage.change")}</Head>
    </>
  );
}
