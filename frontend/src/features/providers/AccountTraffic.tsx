import { A } from "@solidjs/router";
import { For, Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import type { AccountTrafficPartFragment } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { exactUsd, formatDuration, formatPart, formatUsd } from "../../lib/format";
import { describeUnpriced } from "../../ui/UnpricedNote";

const AccountTrafficPartDoc = graphql(`
  fragment AccountTrafficPart on AccountTraffic {
    requests
    failed
    errorRate
    p95DurationMs
    cost
    unpriced
    assumed
  }
`);

const AccountTrafficDoc = graphql(`
  fragment AccountTraffic on ProviderAccount {
    id
    label
    day: traffic {
      ...AccountTrafficPart
    }
    week: traffic(period: LAST_7_DAYS) {
      ...AccountTrafficPart
    }
  }
`);

/** A share of failed requests from which on it is marked. */
const NOTABLE_ERROR_RATE = 0.05;

function Period(props: { traffic: AccountTrafficPartFragment }) {
  const cost = () => [exactUsd(props.traffic.cost), ...describeUnpriced(props.traffic)].join(", ");
  return (
    <dd class="flex flex-wrap gap-x-3 tabular-nums">
      <span>{t("providers.traffic.requests", { count: props.traffic.requests })}</span>
      <Show when={props.traffic.failed > 0 && props.traffic.errorRate}>
        {(rate) => (
          <span classList={{ "text-bad": rate() >= NOTABLE_ERROR_RATE }}>
            {t("providers.traffic.failed", { share: formatPart(rate()) })}
          </span>
        )}
      </Show>
      <Show when={props.traffic.p95DurationMs}>
        {(duration) => (
          <span title={t("providers.traffic.p95Hint")}>
            {t("providers.traffic.p95", { duration: formatDuration(duration()) })}
          </span>
        )}
      </Show>
      <Show when={props.traffic.requests > 0}>
        <span title={cost()}>{formatUsd(props.traffic.cost)}</span>
      </Show>
    </dd>
  );
}

/** The requests through an account in the last day and week. */
export function AccountTraffic(props: { account: FragmentType<typeof AccountTrafficDoc> }) {
  const account = () => readFragment(AccountTrafficDoc, props.account);
  const periods = () => [
    { name: "DAY" as const, traffic: readFragment(AccountTrafficPartDoc, account().day) },
    { name: "WEEK" as const, traffic: readFragment(AccountTrafficPartDoc, account().week) },
  ];
  const isIdle = () => periods().every(({ traffic }) => traffic.requests === 0);
  return (
    <div class="mt-1.5 text-sm text-muted">
      <Show when={!isIdle()} fallback={<p>{t("providers.traffic.none")}</p>}>
        <dl class="grid grid-cols-[auto_1fr] gap-x-3">
          <For each={periods()}>
            {({ name, traffic }) => (
              <>
                <dt>{t(`providers.traffic.${name}`)}</dt>
                <Period traffic={traffic} />
              </>
            )}
          </For>
        </dl>
        <A
          class="text-ink decoration-line-strong underline underline-offset-4 hover:decoration-ink"
          href={`/requests?account=${encodeURIComponent(account().id)}`}
          aria-label={t("providers.traffic.viewOf", { label: account().label })}
        >
          {t("providers.traffic.view")}
        </A>
      </Show>
    </div>
  );
}
