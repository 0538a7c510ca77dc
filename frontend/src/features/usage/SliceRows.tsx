import { A } from "@solidjs/router";
import ChevronRight from "lucide-solid/icons/chevron-right";
import ExternalLink from "lucide-solid/icons/external-link";
import TriangleAlert from "lucide-solid/icons/triangle-alert";
import { For, Show } from "solid-js";
import { readFragment } from "../../graphql/generated";
import type { MeasuredFragment } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import {
  exactUsd,
  formatCompact,
  formatDuration,
  formatShare,
  formatUsd,
  formatWhole,
} from "../../lib/format";
import { LimitButton } from "../../limits/LimitButton";
import { providerColour } from "../../ui/providers";
import { Cell } from "../../ui/Table";
import { describeUnpriced } from "../../ui/UnpricedNote";
import type { Slice } from "./breakdownCsv";
import { describeChange } from "./change";
import type { OpenRows, RowPart, RowParts } from "./createParts";
import type { UsageChoices } from "./createUsageSearch";
import { type Measure, MeasuredDocument, measured } from "./measures";
import { filterValue, partName } from "./partName";

type SliceRowsProps = {
  slice: Slice;
  choices: UsageChoices;
  measure: Measure;
  whole: number;
  rows: OpenRows;
};

/** A row of the breakdown, and its parts while it is open. */
export function SliceRows(props: SliceRowsProps) {
  const parts = () =>
    props.choices.second() && props.rows.isOpen(props.slice.key)
      ? props.rows.of(props.slice.key)
      : undefined;
  const share = () =>
    shareOf(readFragment(MeasuredDocument, props.slice.totals), props.measure, props.whole);
  return (
    <>
      <tr>
        <Cell class="max-w-64 font-medium sm:max-w-80">
          <span class="flex items-center gap-1">
            <Toggle slice={props.slice} choices={props.choices} rows={props.rows} />
            <SliceName slice={props.slice} choices={props.choices} />
          </span>
          <PhoneLine totals={props.slice.totals} share={share()} />
        </Cell>
        <SumCells
          totals={props.slice.totals}
          share={share()}
          colour={
            props.slice.provider
              ? `var(${providerColour(props.slice.provider)})`
              : "var(--color-accent)"
          }
        />
        <OtherCells slice={props.slice} measure={props.measure} />
      </tr>
      <Show when={parts()}>
        {(known) => (
          <PartRows
            parts={known()}
            choices={props.choices}
            measure={props.measure}
            whole={measured(props.measure, readFragment(MeasuredDocument, props.slice.totals))}
          />
        )}
      </Show>
    </>
  );
}

function shareOf(totals: MeasuredFragment, measure: Measure, whole: number): number {
  return whole > 0 ? measured(measure, totals) / whole : 0;
}

/** Opens and closes a row. */
function Toggle(props: { slice: Slice; choices: UsageChoices; rows: OpenRows }) {
  const isOpen = () => props.rows.isOpen(props.slice.key);
  const name = () => partName(props.slice, props.choices.parts());
  return (
    <Show when={props.choices.second()}>
      {(then) => (
        <button
          type="button"
          class="grid size-6 shrink-0 place-items-center rounded text-muted hover:bg-hover hover:text-ink"
          aria-expanded={isOpen()}
          aria-label={t("usage.openRow", {
            name: name(),
            dimension: t(`usage.dimensions.${then()}`),
          })}
          onClick={() => props.rows.toggle(props.slice.key)}
        >
          <ChevronRight
            class="size-4 transition-transform motion-reduce:transition-none"
            classList={{ "rotate-90": isOpen() }}
            aria-hidden="true"
          />
        </button>
      )}
    </Show>
  );
}

type PartRowsProps = {
  parts: RowParts;
  choices: UsageChoices;
  measure: Measure;
  whole: number;
};

function PartRows(props: PartRowsProps) {
  const then = () => props.choices.second() ?? "MODEL";
  return (
    <>
      <For each={props.parts.slices}>
        {(part) => (
          <PartRow
            name={partName(part, then())}
            totals={part.totals}
            measure={props.measure}
            whole={props.whole}
          />
        )}
      </For>
      <Show when={props.parts.otherCount > 0}>
        <PartRow
          name={t("usage.otherParts", { count: props.parts.otherCount })}
          totals={props.parts.other}
          measure={props.measure}
          whole={props.whole}
        />
      </Show>
    </>
  );
}

type PartRowProps = {
  name: string;
  totals: RowPart["totals"];
  measure: Measure;
  whole: number;
};

function PartRow(props: PartRowProps) {
  const share = () =>
    shareOf(readFragment(MeasuredDocument, props.totals), props.measure, props.whole);
  return (
    <tr class="bg-inset/50 text-sm">
      <Cell class="max-w-64 sm:max-w-80">
        <span class="block truncate pl-7" title={props.name}>
          {props.name}
        </span>
        <PhoneLine totals={props.totals} share={share()} class="pl-7" />
      </Cell>
      <SumCells totals={props.totals} share={share()} colour="var(--color-muted)" />
      <Cell number>{formatWhole(props.totals.failed)}</Cell>
      <Cell number>{formatWhole(props.totals.rejected)}</Cell>
      <For each={["p50", "p95", "p99", "first", "change"]}>
        {() => (
          <Cell number>
            <span class="text-faint">–</span>
          </Cell>
        )}
      </For>
    </tr>
  );
}

/** Tokens, cost and share below the name, where the table has no room for their columns. */
function PhoneLine(props: { totals: RowPart["totals"]; share: number; class?: string }) {
  const totals = () => readFragment(MeasuredDocument, props.totals);
  return (
    <span
      class={`block text-xs font-normal whitespace-nowrap text-muted sm:hidden ${props.class ?? ""}`}
    >
      {t("usage.phoneLine", {
        tokens: t("limits.amounts.TOKENS", {
          count: totals().tokens.total,
          amount: formatCompact(totals().tokens.total),
        }),
        cost: formatUsd(totals().cost),
        share: formatShare(props.share),
      })}
    </span>
  );
}

/** Share, tokens, cost and requests. */
function SumCells(props: { totals: RowPart["totals"]; share: number; colour: string }) {
  const totals = () => readFragment(MeasuredDocument, props.totals);
  const share = () => props.share;
  return (
    <>
      <Cell class="max-sm:hidden">
        <span class="flex items-center gap-3">
          <span class="h-2 flex-1 overflow-hidden rounded-full bg-inset max-2xl:hidden">
            <span
              class="block h-full rounded-full"
              classList={{ "min-w-0.5": share() > 0 }}
              style={{ width: `${share() * 100}%`, background: props.colour }}
            />
          </span>
          <span class="w-12 text-right text-muted max-2xl:w-auto">{formatShare(share())}</span>
        </span>
      </Cell>
      <Cell number class="max-sm:hidden">
        {formatWhole(totals().tokens.total)}
      </Cell>
      <Cell number class="max-sm:hidden">
        <span title={exactUsd(totals().cost)}>{formatUsd(totals().cost)}</span>
        <Show when={props.totals.unpriced > 0}>
          <span
            class="ml-1 inline-block text-warn"
            title={describeUnpriced(props.totals).join(", ")}
          >
            <TriangleAlert class="inline size-3.5" aria-hidden="true" />
            <span class="sr-only">{t("usage.partlyUnpriced")}</span>
          </span>
        </Show>
      </Cell>
      <Cell number>{formatWhole(totals().requests)}</Cell>
    </>
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

/** The name of a part, which filters the page by it; a user's page is beside it. */
function SliceName(props: { slice: Slice; choices: UsageChoices }) {
  const by = () => props.choices.parts();
  const name = () => partName(props.slice, by());
  const value = () => filterValue(props.slice, by());
  const canFilter = () => Boolean(value()) && !(props.choices.isOfUser && by() === "USER");
  return (
    <span class="flex min-w-0 items-center gap-1">
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
