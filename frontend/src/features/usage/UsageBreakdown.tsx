import { A } from "@solidjs/router";
import { createQuery } from "@urql/solid";
import ExternalLink from "lucide-solid/icons/external-link";
import TriangleAlert from "lucide-solid/icons/triangle-alert";
import { For, Match, Show, Switch } from "solid-js";
import { graphql, readFragment } from "../../graphql/generated";
import type { UsageDimension } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { saveText } from "../../lib/download";
import { exactUsd, formatDuration, formatShare, formatUsd, formatWhole } from "../../lib/format";
import { LimitButton } from "../../limits/LimitButton";
import { Button } from "../../ui/Button";
import { EmptyState } from "../../ui/EmptyState";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Loading } from "../../ui/Loading";
import { Panel } from "../../ui/Panel";
import { providerColour, providerName } from "../../ui/providers";
import { Cell, Head, Table } from "../../ui/Table";
import { Tabs } from "../../ui/Tabs";
import { breakdownCsv, type Slice } from "./breakdownCsv";
import { describeChange } from "./change";
import type { UsageChoices } from "./createUsageSearch";
import { MEASURES, type Measure, MeasuredDocument, measured, ORDERS } from "./measures";

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
  const save = () => {
    const by = props.choices.parts();
    const csv = breakdownCsv(slices(), (slice) => nameOf(slice, by));
    saveText(csv, `usage-${by.toLowerCase().replace("_", "-")}.csv`, "text/csv");
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
          <Table
            label={`${t("usage.breakdown")}: ${t(`usage.dimensions.${props.choices.parts()}`)}`}
            head={<Heads choices={props.choices} />}
          >
            <For each={slices()}>
              {(slice) => (
                <SliceRow
                  slice={slice}
                  choices={props.choices}
                  measure={measure()}
                  whole={whole()}
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

function Heads(props: { choices: UsageChoices }) {
  return (
    <>
      <Head>{t(`usage.dimensions.${props.choices.parts()}`)}</Head>
      <Head class="w-2/5 max-sm:hidden">{t("usage.share")}</Head>
      <For each={MEASURES}>
        {(each) => (
          <Head number sorted={props.choices.measure() === each ? "descending" : undefined}>
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

type SliceRowProps = { slice: Slice; choices: UsageChoices; measure: Measure; whole: number };

function SliceRow(props: SliceRowProps) {
  const totals = () => readFragment(MeasuredDocument, props.slice.totals);
  const share = () => (props.whole > 0 ? measured(props.measure, totals()) / props.whole : 0);
  const colour = () =>
    props.slice.provider ? `var(${providerColour(props.slice.provider)})` : "var(--color-accent)";
  return (
    <tr>
      <Cell class="max-w-64 truncate font-medium">
        <SliceName slice={props.slice} choices={props.choices} />
      </Cell>
      <Cell class="max-sm:hidden">
        <span class="flex items-center gap-3">
          <span class="h-2 flex-1 overflow-hidden rounded-full bg-inset">
            <span
              class="block h-full rounded-full"
              classList={{ "min-w-0.5": share() > 0 }}
              style={{ width: `${share() * 100}%`, background: colour() }}
            />
          </span>
          <span class="w-12 text-right text-muted">{formatShare(share())}</span>
        </span>
      </Cell>
      <Cell number>{formatWhole(totals().tokens.total)}</Cell>
      <Cell number>
        <span title={exactUsd(totals().cost)}>{formatUsd(totals().cost)}</span>
        <Show when={props.slice.totals.unpriced > 0}>
          <span
            class="ml-1 inline-block text-warn"
            title={t("common.unpriced", { count: props.slice.totals.unpriced })}
          >
            <TriangleAlert class="inline size-3.5" aria-hidden="true" />
            <span class="sr-only">{t("usage.partlyUnpriced")}</span>
          </span>
        </Show>
      </Cell>
      <Cell number>{formatWhole(totals().requests)}</Cell>
      <OtherCells slice={props.slice} measure={props.measure} />
    </tr>
  );
}

/** Failures, percentiles and the change since the previous period. */
function OtherCells(props: { slice: Slice; measure: Measure }) {
  const duration = () => props.slice.latency?.duration;
  const time = (milliseconds: number | undefined) =>
    milliseconds === undefined ? "–" : formatDuration(milliseconds);
  const value = (totals: Slice["totals"] | NonNullable<Slice["previous"]>) =>
    measured(props.measure, readFragment(MeasuredDocument, totals));
  return (
    <>
      <Cell number>{formatWhole(props.slice.totals.failed)}</Cell>
      <Cell number>{formatWhole(props.slice.totals.rejected)}</Cell>
      <Cell number>{time(duration()?.p50Ms)}</Cell>
      <Cell number>{time(duration()?.p95Ms)}</Cell>
      <Cell number>{time(duration()?.p99Ms)}</Cell>
      <Cell number>{time(props.slice.latency?.timeToFirstByte?.p95Ms)}</Cell>
      <Cell number>
        <Show when={props.slice.previous}>
          {(previous) => describeChange(value(props.slice.totals), value(previous()))}
        </Show>
      </Cell>
    </>
  );
}

function nameOf(slice: Slice, by: UsageDimension): string {
  if (by === "PROVIDER" && slice.provider) return providerName(slice.provider);
  return slice.label ?? (slice.key || t("common.none"));
}

/** The name of a part, which filters the page by it; a user's page is beside it. */
function SliceName(props: { slice: Slice; choices: UsageChoices }) {
  const by = () => props.choices.parts();
  const name = () => nameOf(props.slice, by());
  const value = () => (by() === "PROVIDER" ? props.slice.provider : props.slice.key);
  const canFilter = () => Boolean(value()) && !(props.choices.isOfUser && by() === "USER");
  return (
    <span class="flex items-center gap-1">
      <Show when={canFilter()} fallback={<span class="truncate">{name()}</span>}>
        <button
          type="button"
          class="min-h-6 truncate text-left underline-offset-4 hover:underline"
          title={t("usage.filterBy", { name: name() })}
          onClick={() => props.choices.drill(by(), value() ?? "")}
        >
          {name()}
        </button>
      </Show>
      <Show when={by() === "USER" && props.slice.user}>
        {(user) => (
          <>
            <A
              href={`/users/${user().id}`}
              class="grid size-6 shrink-0 place-items-center rounded text-muted hover:text-ink"
              aria-label={t("usage.viewUser", { name: name() })}
            >
              <ExternalLink class="size-3.5" aria-hidden="true" />
            </A>
            <LimitButton user={user()} name={name()} />
          </>
        )}
      </Show>
    </span>
  );
}
