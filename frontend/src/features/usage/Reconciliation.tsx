import { createQuery } from "@urql/solid";
import { Show } from "solid-js";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { formatPart } from "../../lib/format";
import { Notice } from "../../ui/Notice";
import type { UsageChoices } from "./createUsageSearch";
import { reconcile } from "./reconciled";

const UsageReconciliationQuery = graphql(`
  query UsageReconciliation($range: UsageRange, $zone: String!) {
    usageReconciliation(range: $range, timezone: $zone) {
      matched
      mismatched
      wireOnly
      engineOnly
      unknown
    }
  }
`);

/** The agreement of the two sources of usage: the response and the engine's report. */
export function Reconciliation(props: { choices: UsageChoices }) {
  const [answer] = createQuery({
    query: UsageReconciliationQuery,
    variables: () => ({ range: props.choices.range(), zone: props.choices.zone() }),
  });
  const books = () => answer.data && reconcile(answer.data.usageReconciliation);
  const metered = () => {
    const known = books();
    return known && known.metered > 0 ? known : undefined;
  };
  return (
    <Show when={metered()}>
      {(known) => (
        <Show
          when={!known().isUncompared}
          fallback={<Notice tone="info">{t("usage.unverified")}</Notice>}
        >
          <Notice tone={known().isTrusted ? "ok" : "warn"}>
            {t("usage.agree", { share: formatPart(known().share) })}{" "}
            <Show when={known().mismatched > 0}>
              {t("usage.differ", { count: known().mismatched })}{" "}
            </Show>
            <Show when={known().oneSided > 0}>
              {t("usage.oneSided", { count: known().oneSided })}{" "}
            </Show>
            <Show when={known().unreported > 0}>
              {t("usage.unreported", { count: known().unreported })}
            </Show>
          </Notice>
        </Show>
      )}
    </Show>
  );
}
