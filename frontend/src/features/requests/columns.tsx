import type { JSX } from "solid-js";
import { type KeyUnder, t } from "../../i18n";
import { exactUsd, formatDuration, formatUsd, formatWhole } from "../../lib/format";
import { isMetered } from "../../lib/metered";
import { Time } from "../../ui/Moment";
import { providerColour, providerName } from "../../ui/providers";
import { Unknown } from "../../ui/Unknown";
import type { ListRow } from "./listRow";
import { OutcomeBadge } from "./OutcomeBadge";

/** The name of a column. */
export type ColumnName = KeyUnder<"requests.columns">;

/** A column of the list. */
export type Column = {
  name: ColumnName;
  /** Its track in the grid. */
  track: string;
  isNumber?: boolean;
  cell: (row: ListRow) => JSX.Element;
  /** Columns on a second line of the same cell, where there is little width. */
  below?: readonly Column[];
};

type Kind = "input" | "output" | "reasoning" | "total";

function tokens(name: ColumnName & Kind): Column {
  return {
    name,
    track: "4.75rem",
    isNumber: true,
    cell: (row) => count(row, row.tokens?.[name]),
  };
}

function count(row: ListRow, value: number | undefined): JSX.Element {
  if (!isMetered(row)) return <Unknown why={t("requests.unmetered")} />;
  if (value === undefined) return <Unknown why={t("requests.unknownTokens")} />;
  if (row.usageSource !== "ESTIMATED") return formatWhole(value);
  return <span title={t("requests.estimated")}>≈ {formatWhole(value)}</span>;
}

function cost(row: ListRow): JSX.Element {
  if (!isMetered(row)) return <Unknown why={t("requests.unmetered")} />;
  if (row.cost !== null && row.cost !== undefined) {
    if (!row.unpriced) return <span title={exactUsd(row.cost)}>{formatUsd(row.cost)}</span>;
    const title = `${exactUsd(row.cost)}: ${t("requests.bases.ASSUMED")}`;
    return (
      <span class="text-warn" title={title}>
        ≈ {formatUsd(row.cost)}
        <span class="sr-only"> {t("requests.bases.ASSUMED")}</span>
      </span>
    );
  }
  if (row.unpriced) return <span class="text-warn">{t("requests.unpriced")}</span>;
  return <Unknown why={t("requests.unknownCost")} />;
}

function provider(row: ListRow): JSX.Element {
  if (!row.provider) return <Unknown />;
  return (
    <>
      <span
        aria-hidden="true"
        class="mr-1.5 inline-block size-2 rounded-full"
        style={{ background: `var(${providerColour(row.provider)})` }}
      />
      {providerName(row.provider)}
    </>
  );
}

const GAP_REM = 0.75;
const EDGES_REM = 2.5;

/** How wide columns are at least. All rows and the head keep to it, so that they stand below one another. */
export function narrowest(columns: readonly Column[]): string {
  const widths = columns.map(({ track }) => Number(/[\d.]+(?=rem)/.exec(track)?.[0] ?? 0));
  const gaps = GAP_REM * Math.max(0, columns.length - 1);
  return `${widths.reduce((sum, width) => sum + width, gaps + EDGES_REM)}rem`;
}

/** Every column in its order. */
export const COLUMNS: readonly Column[] = [
  { name: "time", track: "6.5rem", cell: (row) => <Time at={row.startedAt} /> },
  { name: "user", track: "minmax(6rem,1fr)", cell: (row) => row.user.name },
  { name: "key", track: "minmax(6rem,0.8fr)", cell: (row) => row.apiKey.name },
  {
    name: "model",
    track: "minmax(8.5rem,1.6fr)",
    cell: (row) => (
      <span class="font-medium">{row.model ?? <Unknown why={t("requests.noModel")} />}</span>
    ),
  },
  {
    name: "endpoint",
    track: "minmax(11rem,1.4fr)",
    cell: (row) => <span class="font-mono text-xs">{row.endpoint}</span>,
  },
  { name: "protocol", track: "9.5rem", cell: (row) => t(`requests.protocols.${row.protocol}`) },
  { name: "provider", track: "minmax(6rem,1.1fr)", cell: provider },
  { name: "account", track: "minmax(7rem,1fr)", cell: (row) => row.account?.label ?? <Unknown /> },
  { name: "outcome", track: "10rem", cell: (row) => <OutcomeBadge request={row} brief /> },
  tokens("input"),
  {
    name: "cache",
    track: "4.75rem",
    isNumber: true,
    cell: (row) =>
      count(row, row.tokens ? row.tokens.cacheRead + row.tokens.cacheWrite : undefined),
  },
  tokens("output"),
  tokens("reasoning"),
  tokens("total"),
  { name: "cost", track: "5.25rem", isNumber: true, cell: cost },
  {
    name: "duration",
    track: "4.75rem",
    isNumber: true,
    cell: (row) => formatDuration(row.durationMs),
  },
  {
    name: "firstByte",
    track: "4.75rem",
    isNumber: true,
    cell: (row) =>
      row.timeToFirstByteMs === null ? (
        <Unknown why={t("requests.noByte")} />
      ) : (
        formatDuration(row.timeToFirstByteMs ?? 0)
      ),
  },
  { name: "client", track: "8rem", cell: (row) => row.clientIp ?? <Unknown /> },
];

/** The default columns. */
export const USUAL: readonly ColumnName[] = [
  "time",
  "user",
  "model",
  "provider",
  "outcome",
  "input",
  "cache",
  "output",
  "cost",
  "duration",
];

function column(name: ColumnName): Column {
  const known = COLUMNS.find((each) => each.name === name);
  if (!known) throw new Error(`there is no column ${name}`);
  return known;
}

/** The default columns on a phone, in two lines for each request. */
export const NARROW: readonly Column[] = [
  { ...column("model"), track: "minmax(8rem,1fr)", below: [column("user"), column("time")] },
  {
    ...column("outcome"),
    track: "minmax(8.5rem,auto)",
    isNumber: true,
    below: [column("total"), column("cost")],
  },
];
