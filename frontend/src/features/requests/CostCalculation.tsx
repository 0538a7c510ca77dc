import { createQuery } from "@urql/solid";
import { createSignal, For, Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import type { CostCalculationFragment } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { exactUsd, formatWhole } from "../../lib/format";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Cell, Head, Table } from "../../ui/Table";

const CostCalculationFragmentDoc = graphql(`
  fragment CostCalculation on CostCalculation {
    tier
    promptTokens
    perRequest
    images
    perImage
    videoSeconds
    perVideoSecond
    parts {
      kind
      tokens
      ratePerMillion
      above
      cost
    }
  }
`);

const RequestCalculationQuery = graphql(`
  query RequestCalculation($id: ID!) {
    request(id: $id) {
      id
      costCalculation {
        ...CostCalculation
      }
    }
  }
`);

const OwnRequestCalculationQuery = graphql(`
  query OwnRequestCalculation($id: ID!) {
    viewer {
      __typename
      ... on KeyHolder {
        request(id: $id) {
          id
          costCalculation {
            ...CostCalculation
          }
        }
      }
    }
  }
`);

function Part(props: { part: CostCalculationFragment["parts"][number] }) {
  return (
    <tr>
      <Cell>
        {t(`requests.calculation.kinds.${props.part.kind}`)}
        <Show when={props.part.above}>
          {(above) => (
            <span class="block text-sm text-muted">
              {t("prices.aboveTokens", { tokens: formatWhole(above()) })}
            </span>
          )}
        </Show>
      </Cell>
      <Cell number>{formatWhole(props.part.tokens)}</Cell>
      <Cell number>{exactUsd(props.part.ratePerMillion)}</Cell>
      <Cell number>{exactUsd(props.part.cost)}</Cell>
    </tr>
  );
}

type Unit = { name: string; count: number; price: string };

/** Requests, images and seconds of video, which are not priced by the million. */
function units(calculation: CostCalculationFragment): Unit[] {
  const { perRequest, perImage, perVideoSecond } = calculation;
  const all = [
    { name: t("requests.calculation.request"), count: 1, price: perRequest },
    { name: t("requests.calculation.images"), count: Number(calculation.images), price: perImage },
    {
      name: t("requests.calculation.videoSeconds"),
      count: Number(calculation.videoSeconds),
      price: perVideoSecond,
    },
  ];
  return all.filter((unit) => unit.count > 0 && Number(unit.price) > 0);
}

/** Exact: amounts have up to nine decimals. */
function times(usd: string, count: number): string {
  const [whole = "0", fraction = ""] = usd.split(".");
  const nanos = BigInt(whole + fraction.padEnd(9, "0")) * BigInt(count);
  const digits = nanos.toString().padStart(10, "0");
  return `${digits.slice(0, -9)}.${digits.slice(-9)}`;
}

function Calculation(props: { calculation: FragmentType<typeof CostCalculationFragmentDoc> }) {
  const calculation = () => readFragment(CostCalculationFragmentDoc, props.calculation);
  return (
    <>
      <p class="mt-1 mb-2 text-sm text-muted">
        {t("requests.calculation.basis", {
          tier: t(`prices.tiers.${calculation().tier}`),
          tokens: t("limits.amounts.TOKENS", {
            count: calculation().promptTokens,
            amount: formatWhole(calculation().promptTokens),
          }),
        })}
      </p>
      <Table
        label={t("requests.calculation.title")}
        head={
          <>
            <Head>{t("usage.measures.tokens")}</Head>
            <Head number>{t("requests.calculation.count")}</Head>
            <Head number>{t("requests.calculation.rate")}</Head>
            <Head number>{t("requests.columns.cost")}</Head>
          </>
        }
      >
        <For each={calculation().parts}>{(part) => <Part part={part} />}</For>
        <For each={units(calculation())}>
          {(unit) => (
            <tr>
              <Cell>{unit.name}</Cell>
              <Cell number>{formatWhole(unit.count)}</Cell>
              <Cell number>{t("requests.calculation.each", { price: exactUsd(unit.price) })}</Cell>
              <Cell number>{exactUsd(times(unit.price, unit.count))}</Cell>
            </tr>
          )}
        </For>
      </Table>
    </>
  );
}

/** How the cost of a request was calculated: its service tier, and each kind of token times its rate. Loaded when it is opened. */
export function CostCalculation(props: { id: string; isOwn?: boolean | undefined }) {
  const [isOpen, setOpen] = createSignal(false);
  const variables = () => ({ id: props.id });
  const [any] = createQuery({
    query: RequestCalculationQuery,
    variables,
    pause: () => !isOpen() || Boolean(props.isOwn),
  });
  const [own] = createQuery({
    query: OwnRequestCalculationQuery,
    variables,
    pause: () => !isOpen() || !props.isOwn,
  });
  const ownRequest = () => {
    const viewer = own.data?.viewer;
    return viewer && "request" in viewer ? viewer.request : undefined;
  };
  const calculation = () => (props.isOwn ? ownRequest() : any.data?.request)?.costCalculation;
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary class="cursor-pointer font-medium">{t("requests.calculation.title")}</summary>
      <ErrorNotice error={props.isOwn ? own.error : any.error} />
      <Show when={calculation()}>{(found) => <Calculation calculation={found()} />}</Show>
    </details>
  );
}
